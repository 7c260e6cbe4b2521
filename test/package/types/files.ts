/** The files that the table's specs name. */
import { generateKeyPairSync } from "node:crypto";
import { createCertificateAuthority } from "@rotate/doubles";
import { nowhere } from "./row.ts";

type Content = string | object;

export const secret = "some-secret-of-some-length";
const loopback = `http://${nowhere}`;
const hour = 3_600_000;
const pem = { type: "pkcs8", format: "pem" } as const;
const kubernetes = "client.authentication.k8s.io";

/** By name. @param reader a process that bears every signal */
export function filesFor(reader: number): Readonly<Record<string, Content>> {
  const ends = Date.now() + hour;
  const token = tokenUntil(ends);
  return {
    ...keys(),
    ...answers(token, new Date(ends)),
    ...profiles(),
    ...cluster(token),
    "token.jwt": token,
    "subject.json": executableSubject(token, ends),
    "nested.yaml": `version: ${"[".repeat(100)}${"]".repeat(100)}\n`,
    "watched.yaml": watched,
    "shared.yaml": shared,
    "wrong.yaml": "version: 1\nnonsense: true\n",
    "github-env": "",
    "github-output": "",
    pid: `${reader}\n`,
  };
}

const watched = `version: 1
providers: { issuer: { type: jwt, issuer: "https://issuer.example", key: { path: issuer.pem } } }
rotations:
  app:
    provider: issuer
    sinks: [{ type: file, path: watched, values: { content: "{% if token %}{{ token }}{% endif %}" } }]
serve:
  local: { type: http, rotation: [app], listen: { socket: app.sock } }
  broken: { type: http, rotation: [app], listen: { socket: no/such/directory.sock } }
  db: { type: postgres, rotation: app, listen: { socket: .s.PGSQL.5432 }, upstream: { host: db.example.com }, login: { user: app, password: "{{ token }}" } }
`;

/** On a PostgreSQL that several machines share. */
const shared = `version: 1
name: shared
state: { type: postgres, url: { env: SHARED_URL }, key: { file: shared.key } }
providers: { issuer: { type: jwt, issuer: "https://issuer.example", key: { path: issuer.pem } } }
rotations:
  app:
    provider: issuer
    moves: true
    sinks: [{ type: dotenv, path: shared.env, values: { TOKEN: "{{ token }}" } }]
`;

/** Signed by nobody: who would look is behind the closed port. @param ends milliseconds since 1970 */
function tokenUntil(ends: number): string {
  const parts = [{ alg: "ES256" }, { sub: "app", iss: "https://issuer.example", exp: Math.floor(ends / 1000) }];
  return [...parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")), "c2ln"].join(".");
}

function keys(): Readonly<Record<string, string>> {
  const authority = createCertificateAuthority();
  const { key, cert } = authority.issue({ hosts: ["app.example.com"] });
  const rsa = authority.issue({ hosts: ["app.example.com"], keyType: "rsa" });
  return {
    "key.pem": key,
    "cert.pem": cert,
    "rsa.pem": rsa.key,
    "rsa-cert.pem": rsa.cert,
    "ed25519.pem": generateKeyPairSync("ed25519").privateKey.export(pem),
  };
}

/** What the commands of `exec` print. */
function answers(token: string, ends: Date): Readonly<Record<string, object>> {
  const credential = (version: string): object => ({
    kind: "ExecCredential",
    apiVersion: `${kubernetes}/${version}`,
    status: { token, expirationTimestamp: ends },
  });
  return {
    "answer.json": {
      token: secret,
      timestamp: ends,
      "unix-seconds": Math.floor(ends.getTime() / 1000),
      "unix-milliseconds": ends.getTime(),
      seconds: 3600,
      milliseconds: hour,
    },
    "answer-rotate.json": { fields: { token: secret }, expires: ends },
    "aws.json": {
      Version: 1,
      AccessKeyId: "ASIAIOSFODNN7EXAMPLE",
      SecretAccessKey: secret,
      SessionToken: secret,
      Expiration: ends,
    },
    "exec-v1.json": credential("v1"),
    "exec-v1beta1.json": credential("v1beta1"),
    "docker.json": { ServerURL: "registry.example.com", Username: "app", Secret: secret },
  };
}

/** Google's contract for executables (AIP-4117). */
function executableSubject(token: string, ends: number): object {
  return {
    version: 1,
    success: true,
    token_type: "urn:ietf:params:oauth:token-type:jwt",
    id_token: token,
    expiration_time: Math.floor(ends / 1000),
  };
}

/** What the tools of each cloud keep of a user. */
function profiles(): Readonly<Record<string, Content>> {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(pem);
  return {
    "aws-config": "[profile app]\nregion = eu-west-1\n",
    "aws-credentials": `[app]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${secret}\n`,
    ".databrickscfg": `[app]\nhost = ${loopback}\n`,
    databrickscfg: `[app]\nhost = ${loopback}\ntoken = ${secret}\n`,
    "service-account.json": {
      type: "service_account",
      client_email: "app@project.iam.gserviceaccount.com",
      private_key_id: "1",
      private_key: rsa,
      token_uri: `${loopback}/token`,
    },
    "authorized-user.json": {
      type: "authorized_user",
      client_id: "app",
      client_secret: secret,
      refresh_token: secret,
    },
  };
}

function cluster(token: string): Readonly<Record<string, Content>> {
  const plugin = { apiVersion: `${kubernetes}/v1`, command: "cat", args: ["exec-v1.json"], interactiveMode: "Never" };
  const users = {
    token: { token },
    certificate: { "client-certificate": "cert.pem", "client-key": "key.pem" },
    exec: { exec: plugin },
  };
  const names = Object.keys(users);
  return {
    kubeconfig: {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "token",
      clusters: [{ name: "app", cluster: { server: `https://${nowhere}`, "certificate-authority": "cert.pem" } }],
      users: Object.entries(users).map(([name, user]) => ({ name, user })),
      contexts: names.map((name) => ({ name, context: { cluster: "app", user: name } })),
    },
    "service-account/token": token,
    "service-account/ca.crt": keys()["cert.pem"] ?? "",
    "service-account/namespace": "app",
  };
}
