import { link, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtins } from "@rotate/builtins";
import { createCatalog, loadSpec, statePlaces } from "@rotate/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let home: string;
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "rotate-roots-")));
});
afterEach(() => rm(home, { recursive: true, force: true }));

interface Given {
  readonly provider: string;
  readonly sink: string;
  readonly more?: string;
  readonly rest?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stateDir?: string;
  readonly cache?: string;
}

function specOf({ provider, sink, more = "", rest = "" }: Given): string {
  return `version: 1
name: demo
providers:
  it: ${provider}
rotations:
  app:
    provider: it
    sinks:
      - ${sink}
${more}${rest}`;
}

/** What is wrong with a spec that stands in `home`: messages, without what else a real spec would need. */
async function told(given: Given): Promise<readonly string[]> {
  const { env = {}, stateDir } = given;
  const { diagnostics } = await loadSpec({
    file: join(home, "rotate.yaml"),
    text: specOf(given),
    catalog: createCatalog(builtins),
    home,
    env: { HOME: home, ...env },
    own: (spec) => statePlaces(spec, { flag: stateDir, env: { HOME: home } }),
    ...(given.cache !== undefined && { cache: { directory: given.cache, build: "test" } }),
  });
  return diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
}

const signer = "{ type: jwt, issuer: i, key: { value: { env: KEY } } }";
const kept = "{ type: jwt, issuer: i, key: { path: signing.key } }";

function signedBy(word: string): string {
  return `{ type: jwt, issuer: i, key: { value: { exec: [${home}/bin/get, ${home}/${word}] } } }`;
}

function fileSink(path: string): string {
  return `{ type: file, path: ${path}, values: { content: "{{ token }}" } }`;
}

function aws(rest: string): string {
  return `{ type: aws-sts, region: eu-west-1, ${rest} }`;
}

function profileSink(profile: string, format = "credentials", path = ".aws/credentials"): string {
  return `{ type: aws-credentials, path: ${path}, profile: ${profile}, format: ${format}, values: { aws_access_key_id: "{{ accessKeyId }}", aws_secret_access_key: "{{ secretAccessKey }}", aws_session_token: "{{ sessionToken }}" } }`;
}

describe("what a provider logs in with is not written by its own spec:", () => {
  const base = aws("credentials: { source: profile, profile: base }");
  const asked = '    request: { roleArn: "arn:aws:iam::123456789012:role/app" }\n';

  test("the profile with the only copy of a long-term key", async () => {
    const lines = await told({ provider: base, sink: profileSink("base"), more: asked });
    expect(lines).toEqual([
      `rotations.app.sinks[0] writes ${home}/.aws/credentials [base], which provider "it" reads to log in`,
    ]);
  });

  test("nor that profile in the config file", async () => {
    const lines = await told({ provider: base, sink: profileSink("base", "config", ".aws/config"), more: asked });
    expect(lines.join()).toContain('config [profile base], which provider "it" reads to log in');
  });

  test("another profile of the same file may be", async () => {
    expect(await told({ provider: base, sink: profileSink("app"), more: asked })).toEqual([]);
  });

  test("no other kind of sink may write that file, whatever its keys", async () => {
    const sink = '{ type: dotenv, path: .aws/credentials, values: { OTHER: "{{ sessionToken }}" } }';
    expect((await told({ provider: base, sink, more: asked })).join()).toContain('provider "it" reads to log in');
  });

  test("the signing key of jwt", async () => {
    expect(await told({ provider: kept, sink: fileSink("signing.key") })).toEqual([
      `rotations.app.sinks[0] writes ${home}/signing.key, which provider "it" reads to log in`,
    ]);
  });

  test("nor by jwt itself, which publishes its public keys", async () => {
    const provider = "{ type: jwt, issuer: i, key: { path: signing.key }, jwksPath: signing.key }";
    expect(await told({ provider, sink: fileSink("token") })).toEqual([
      `providers.it writes ${home}/signing.key, which provider "it" reads to log in`,
    ]);
  });

  test("the token file of Vault", async () => {
    const provider = "{ type: vault, address: 'https://vault.example.com', auth: { method: token-file } }";
    const request = "    request: { path: database/creds/app, fields: { password: password } }\n";
    const sink = '{ type: file, path: .vault-token, values: { content: "{{ password }}" } }';
    expect((await told({ provider, sink, more: request })).join()).toContain(
      `writes ${home}/.vault-token, which provider "it" reads to log in`,
    );
  });

  test("the kubeconfig, by any sink that would only change a part of it", async () => {
    const provider = "{ type: kubernetes-token }";
    const request = "    request: { namespace: a, serviceAccount: b, audiences: [c] }\n";
    const sink = '{ type: yaml, path: .kube/config, values: { /users/0/user/token: "{{ token }}" } }';
    expect((await told({ provider, sink, more: request })).join()).toContain(
      `writes ${home}/.kube/config, which provider "it" reads to log in`,
    );
  });
});

describe("what else a spec stands on is not written by it:", () => {
  test("the spec itself", async () => {
    expect(await told({ provider: signer, sink: fileSink("rotate.yaml") })).toEqual([
      `rotations.app.sinks[0] writes ${home}/rotate.yaml, which is this spec`,
    ]);
  });

  test("its lists", async () => {
    await writeFile(join(home, "tenants.json"), '[{ "id": "a" }]');
    const sink = '{ type: json, path: tenants.json, values: { /0/token: "{{ token }}" } }';
    const lines = await told({ provider: signer, sink, more: "    foreach: { file: tenants.json, key: id }\n" });
    expect(lines.join()).toContain(`writes ${home}/tenants.json, which is a list that this spec is made of`);
  });

  test("a reference of another part of it", async () => {
    const rest = "notify:\n  - { type: http, url: { file: hook }, on: [failed] }\n";
    expect((await told({ provider: signer, sink: fileSink("hook"), rest })).join()).toContain(
      `writes ${home}/hook, which notify[0] reads`,
    );
  });

  test("the program that a reference runs, and the file that it is given", async () => {
    expect((await told({ provider: signedBy("x"), sink: fileSink("bin/get") })).join()).toContain("reads to log in");
    expect((await told({ provider: signedBy("app"), sink: fileSink("app") })).join()).toContain("reads to log in");
    expect(await told({ provider: signedBy("app"), sink: fileSink("app/token") })).toEqual([]);
  });

  test("the state, and all that is in its directory", async () => {
    const sink = fileSink("state/demo/state.db");
    expect((await told({ provider: signer, sink, stateDir: join(home, "state") })).join()).toContain(
      `writes ${home}/state/demo/state.db, which is where rotate keeps its state`,
    );
    expect(await told({ provider: signer, sink: fileSink("state/other"), stateDir: join(home, "state") })).toEqual([]);
  });

  test("the metrics file of the monitor is held to the same", async () => {
    const rest = "monitor: { textfile: signing.key }\n";
    expect((await told({ provider: kept, sink: fileSink("token"), rest })).join()).toContain(
      `monitor.textfile writes ${home}/signing.key, which provider "it" reads to log in`,
    );
  });
});

describe("another name for the place does not help:", () => {
  test("a link to the file", async () => {
    await writeFile(join(home, "signing.key"), "k");
    await symlink("signing.key", join(home, "token"));
    expect((await told({ provider: kept, sink: fileSink("token") })).join()).toContain("reads to log in");
  });

  test("a link to its directory, before there is a file", async () => {
    await mkdir(join(home, "real"));
    await symlink("real", join(home, "seen"));
    const provider = "{ type: jwt, issuer: i, key: { path: real/a/signing.key } }";
    expect((await told({ provider, sink: fileSink("seen/a/signing.key") })).join()).toContain("reads to log in");
  });

  test("a hard link", async () => {
    await writeFile(join(home, "signing.key"), "k");
    await link(join(home, "signing.key"), join(home, "token"));
    expect((await told({ provider: kept, sink: fileSink("token") })).join()).toContain("reads to log in");
  });

  test("the directory that a set of files replaces", async () => {
    const provider = "{ type: jwt, issuer: i, key: { path: keys/signing.key } }";
    const sink = '{ type: files, path: keys, values: { token: "{{ token }}" } }';
    expect((await told({ provider, sink })).join()).toContain(`writes ${home}/keys, which provider "it" reads`);
  });

  test("a link that was made after the spec was compiled and kept", async () => {
    await writeFile(join(home, "signing.key"), "k");
    const given = { provider: kept, sink: fileSink("token"), cache: join(home, "cache") };
    await mkdir(given.cache);
    expect(await told(given)).toEqual([]);
    await symlink("signing.key", join(home, "token"));
    expect((await told(given)).join()).toContain("reads to log in");
  });
});

test("a rotation may write what its own request and its own health probe read", async () => {
  const provider =
    "{ type: oauth2-refresh-token, tokenEndpoint: 'https://id.example.com/token', clientId: c, clientAuth: { method: none } }";
  const more = `    request: { refreshToken: { file: refresh } }
    health:
      - { type: postgres, host: db.example.com, user: app, password: { file: token } }
`;
  const sink = `{ type: file, path: refresh, values: { content: "{{ refreshToken }}" }, partial: true }
      - { type: file, path: token, values: { content: "{{ token }}" }, partial: true }`;
  expect(await told({ provider, sink, more })).toEqual([]);
});
