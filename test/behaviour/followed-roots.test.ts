import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { planChecks, type Asked } from "./plan-checks.ts";

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "rotate-followed-")));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true });
  await writeFile(join(home, path), text);
}

/** What `plan` says of what a spec stands on, and whether the same run would mint: nothing is written by either. */
async function planned(given: Omit<Asked, "home">): Promise<unknown> {
  const checks = await planChecks({ home, ...given });
  return checks.find(({ what }) => what === "what it stands on");
}

function refused(path: string, what: string): object {
  return {
    result: "failed",
    error: { code: "ROTATE_PREFLIGHT_INVALID", message: `${join(home, path)} would be written, which ${what}` },
  };
}

const login = 'provider "it" reads to log in';
const sessions = `values: { aws_access_key_id: "{{ accessKeyId }}", aws_secret_access_key: "{{ secretAccessKey }}", aws_session_token: "{{ sessionToken }}" }`;
const role = '{ roleArn: "arn:aws:iam::123456789012:role/app" }';

function fileSink(path: string): string {
  return `{ type: file, path: ${path}, values: { content: "{{ token }}" } }`;
}

test("the profile at the end of a chain of source_profile", async () => {
  await put(".aws/config", "[profile app]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = base\n");
  await put(".aws/credentials", "[base]\naws_access_key_id = AKIA0000000000000000\naws_secret_access_key = x\n");
  const provider = "{ type: aws-sts, region: eu-west-1, credentials: { source: profile, profile: app } }";
  const sink = `{ type: aws-credentials, path: .aws/credentials, profile: base, ${sessions} }`;
  expect(await planned({ provider, request: role, sink })).toMatchObject({
    result: "failed",
    error: { message: `${home}/.aws/credentials [base] would be written, which ${login}` },
  });
  const other = `{ type: aws-credentials, path: .aws/credentials, profile: other, ${sessions} }`;
  expect(await planned({ provider, request: role, sink: other })).toMatchObject({ result: "ok" });
});

test.each(["ca.pem", "user.pem", "user-key.pem", "user-token", "bin/login"])(
  "%s, which the kubeconfig points to",
  async (path) => {
    await put(
      "kube/config",
      `current-context: c
contexts: [{ name: c, context: { cluster: k, user: u } }]
clusters: [{ name: k, cluster: { server: "https://127.0.0.1:9", certificate-authority: ../ca.pem } }]
users:
  - name: u
    user: { client-certificate: ../user.pem, client-key: ../user-key.pem, tokenFile: ../user-token, exec: { apiVersion: client.authentication.k8s.io/v1, command: ../bin/login } }
`,
    );
    const provider = `{ type: kubernetes-token, kubeconfig: kube/config }`;
    const request = "{ namespace: app, serviceAccount: app, ttl: 1h }";
    expect(await planned({ provider, request, sink: fileSink(path) })).toMatchObject(refused(path, login));
    expect(await planned({ provider, request, sink: fileSink("elsewhere") })).toMatchObject({ result: "ok" });
  },
);

test("the path of a sink that is a reference", async () => {
  const provider = "{ type: jwt, issuer: i, key: { path: signing.key } }";
  const env = { TARGET: join(home, "signing.key") };
  expect(await planned({ provider, sink: fileSink("{ env: TARGET }"), env })).toMatchObject(
    refused("signing.key", login),
  );
  const state = { TARGET: join(home, "state/demo/state.db") };
  expect(await planned({ provider, sink: fileSink("{ env: TARGET }"), env: state })).toMatchObject(
    refused("state/demo/state.db", "is rotate's own state"),
  );
});

test("the path of a login that is a reference", async () => {
  const provider = "{ type: jwt, issuer: i, key: { path: { env: KEY } } }";
  const env = { KEY: join(home, "signing.key") };
  expect(await planned({ provider, sink: fileSink("signing.key"), env })).toMatchObject(refused("signing.key", login));
});
