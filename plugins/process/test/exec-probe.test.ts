import { secretRef } from "@rotate/testkit";
import { expect, test } from "vitest";
import { execProbe } from "../src/exec-probe.ts";
import { contextFor } from "./support/call.ts";

function run(options: object) {
  return execProbe.run(contextFor(execProbe, options));
}

test("succeeds when the command exits 0", async () => {
  await expect(run({ command: ["true"] })).resolves.toBeUndefined();
});

test("succeeds however much the command says", async () => {
  await expect(run({ command: ["head", "-c", "3000000", "/dev/zero"] })).resolves.toBeUndefined();
});

test("fails with what the command said, and may be tried again while the credential spreads", async () => {
  await expect(run({ command: ["/bin/sh", "-c", "echo password refused >&2; exit 2"] })).rejects.toMatchObject({
    code: "FAILED",
    retryable: true,
    message: "/bin/sh said no (exit 2): password refused",
  });
});

test("gives the new credential to the command by standard input and environment, never as an argument", async () => {
  const command = ["/bin/sh", "-c", '[ "$(cat)" = n3w-token ] && [ "$PGPASSWORD" = n3w-token ]'];
  const secret = secretRef("n3w-token");
  await expect(run({ command, stdin: secret, secretEnv: { PGPASSWORD: secret } })).resolves.toBeUndefined();
});
