import { createHmac } from "node:crypto";
import { mintCanary } from "@rotate/testkit";
import { expect, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  startApi,
  startConsumer,
  type Api,
} from "./support.ts";

const key = mintCanary("the key of the script", { plain: true });

/** The script that everybody has: it makes a token with a key that it reads, and notes that it did. When the file `refuse` is there it fails, and tells too much. */
const script = `
import { createHmac, randomUUID } from "node:crypto";
import { appendFileSync, existsSync } from "node:fs";
import { text } from "node:stream/consumers";
const key = await text(process.stdin);
if (existsSync("refuse")) {
  console.error("the issuer does not take the key " + key);
  process.exit(3);
}
const id = randomUUID();
appendFileSync("minted", process.env.ROTATE_LEASE_ID + "\\n");
console.log(JSON.stringify({ session: { token: id + "." + createHmac("sha256", key).update(id).digest("base64url"), seconds: 3600 } }));
`;

const spec = (api: Api): string => `version: 1
name: exec-e2e
providers:
  script:
    type: exec
    command: [${JSON.stringify(process.execPath)}, issue.mjs]
    stdin: { env: ISSUER_KEY }
rotations:
  app:
    provider: script
    request:
      fields: { token: { pointer: /session/token } }
      expires: { pointer: /session/seconds, unit: seconds }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - ${startConsumer(api)}
`;

function isGenuine(token: string): boolean {
  const [id = "", signature] = token.split(".");
  return createHmac("sha256", key.text).update(id).digest("base64url") === signature;
}

test("the tokens of a script open the API of those who wrote it", async () => {
  const api = await startApi(isGenuine);
  const stage = await layOut({ spec: spec(api), env: { ISSUER_KEY: key.text }, files: { "issue.mjs": script } });
  const minted = () => api.callers.length;

  await expectRotated(stage);
  await expectFresh(stage, minted);
  await expectRotated(stage, "--force");
  expect(new Set(api.callers).size).toBe(2);
  expect(await stage.file("minted")).toMatch(/^(rotate-\w+\n){2}$/);
  expect(await formerLeases(stage)).toEqual(["expires only"]);
  await expectQuiet(stage, [key, ...api.callers]);
});

test("a script that fails, and says its key, changes nothing and gives nothing away", async () => {
  const api = await startApi(isGenuine);
  const stage = await layOut({ spec: spec(api), env: { ISSUER_KEY: key.text }, files: { "issue.mjs": script } });
  await expectRotated(stage);
  await stage.write("refuse", "");
  await expectRefused(stage, {
    why: "failed (exit 3): the issuer does not take the key",
    todo: "run the command by hand",
  });
  expect(api.callers).toHaveLength(1);
  await expectQuiet(stage, [key, ...api.callers]);
});
