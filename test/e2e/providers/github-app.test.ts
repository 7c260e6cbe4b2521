import { createGithubDouble, type GithubDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import {
  expectFresh,
  expectQuiet,
  expectRefused,
  expectRotated,
  formerLeases,
  layOut,
  linesOf,
  startConsumer,
} from "./support.ts";

const repositories = "/installation/repositories";

const spec = ({ url, appId }: GithubDouble, more: string): string => `version: 1
name: github-app-e2e
providers:
  hub: { type: github-app, appId: "${appId}", privateKey: { file: app.pem }, baseUrl: "${url}" }
rotations:
  app:
    provider: hub
    request: { owner: acme, repositories: [app], permissions: { contents: read } }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
    reload:
      - ${startConsumer({ url: `${url}${repositories}` })}
    overlap: { revoke: adopted, grace: 0s }
    ${more}
`;

/** GitHub, and a stage whose consumer lists the repositories that its token is for. */
async function setUp(more = "") {
  const hub = await createGithubDouble();
  onTestFinished(hub.close);
  const stage = await layOut({ spec: spec(hub, more), files: { "app.pem": hub.privateKey } });
  /** The tokens that the consumer showed, in order. */
  const shown = () =>
    hub.requests
      .filter(({ path }) => path === repositories)
      .map(({ headers }) => headers["authorization"]?.replace("Bearer ", "") ?? "");
  const quiet = () => expectQuiet(stage, [...linesOf(hub.privateKey), ...shown()], [".env", "app.pem"]);
  return { hub, stage, shown, quiet };
}

test("an installation token lists its repositories; when the app's key is deleted the last one stays", async () => {
  const { hub, stage, shown, quiet } = await setUp();
  await expectRotated(stage);
  await expectFresh(stage, () => hub.issued.length);
  await expectRotated(stage, "--force");
  expect(new Set(shown()).size).toBe(2);
  expect(hub.inspect(shown()[1] ?? "")).toMatchObject({ repositories: ["app"], permissions: { contents: "read" } });
  expect(await formerLeases(stage)).toEqual(["expires only"]);

  hub.deleteKey();
  await expectRefused(stage, { why: "JSON web token could not be decoded", todo: "check appId and privateKey" });
  await quiet();
});

test("under `watch` a token is revoked by its value once its successor is in use", async () => {
  const { hub, stage, shown, quiet } = await setUp("refresh: { every: 5s, jitter: 0% }");
  const isRevoked = () => {
    const [first = "", ...later] = shown();
    return later.length > 0 && hub.inspect(first) === undefined;
  };
  expect(await stage.watchUntil(isRevoked)).toBe(0);
  expect(hub.inspect(shown().at(-1) ?? "")).toBeDefined();
  await quiet();
});
