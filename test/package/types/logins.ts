/** Every provider with every way to log in. */
import { nowhere, refused, rotated, rowsOf, type Options, type Rows } from "./row.ts";

export const loopback = `http://${nowhere}`;
export const secret = { env: "SOME_SECRET" };
const pem = { file: "key.pem" };

/** Logging in is part of the preflight where it tells whether the mint may succeed. */
export const unreachable = refused("PREFLIGHT", "MINT");

/** The tools of the clouds are not on the stage's PATH. */
export const noProgram = /^ROTATE_(PREFLIGHT|MINT)_NOT_FOUND .*(databricks|gcloud) not found/;

const endpoints = { sts: loopback, ecr: loopback, secretsmanager: loopback, ssm: loopback };
const roleArn = "arn:aws:iam::123456789012:role/app";
const sources = {
  default: { source: "default" },
  keys: { source: "keys", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret },
  environment: { source: "environment" },
  profile: { source: "profile", profile: "app", configFile: "aws-config", credentialsFile: "aws-credentials" },
  "web-identity": { source: "web-identity", token: { file: "token.jwt" }, roleArn },
  "github-oidc": { source: "github-oidc", roleArn },
  container: { source: "container" },
  instance: { source: "instance" },
};
const aws = { region: "eu-west-1", endpoints };
const actions = ["AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken"];

/** With these a token of RDS is signed here, and nobody is asked. */
const ofThisMachine = ["default", "keys", "environment", "profile"];

/** An instance without metadata is no instance of EC2. */
function awsEnd(source: string): RegExp {
  return source === "instance" ? /^ROTATE_PREFLIGHT_NOT_FOUND .*no credentials in the instance metadata/ : unreachable;
}

const awsRows: Rows = {
  ...rowsOf("aws-sts", sources, (credentials, name) => ({
    provider: { type: "aws-sts", ...aws, credentials },
    request: { action: "AssumeRole", roleArn, sessionName: "app" },
    ends: awsEnd(name),
  })),
  ...rowsOf("aws-ecr", sources, (credentials, name) => ({
    provider: { type: "aws-ecr", ...aws, credentials },
    request: {},
    ends: awsEnd(name),
  })),
  ...rowsOf("aws-secrets", sources, (credentials, name) => ({
    sinks: [
      { type: "aws-secrets-manager", ...aws, credentials, secret: `app-${name}`, values: { token: "{{ token }}" } },
    ],
    ends: awsEnd(name),
  })),
  "aws-secret-json": {
    sinks: [
      {
        type: "aws-secrets-manager",
        ...aws,
        credentials: sources.keys,
        secret: "app-json",
        format: "json",
        values: { token: "{{ token }}" },
      },
    ],
    ends: unreachable,
  },
  "aws-secret-value": {
    sinks: [
      {
        type: "aws-secrets-manager",
        ...aws,
        credentials: sources.keys,
        secret: "app-value",
        format: "value",
        values: { token: "{{ token }}" },
      },
    ],
    ends: unreachable,
  },
  ...rowsOf("aws-parameter", sources, (credentials, name) => ({
    sinks: [{ type: "aws-ssm-parameter", ...aws, credentials, name: `/app/${name}`, values: { token: "{{ token }}" } }],
    ends: awsEnd(name),
  })),
  ...rowsOf("aws-rds-iam", sources, (credentials, name) => ({
    provider: { type: "aws-rds-iam", ...aws, credentials },
    request: { host: "db.example.com", username: "app" },
    ends: ofThisMachine.includes(name) ? rotated : awsEnd(name),
  })),
  ...rowsOf("aws-sts", Object.fromEntries(actions.map((action) => [action.toLowerCase(), action])), (action) => ({
    provider: { type: "aws-sts", ...aws, credentials: action.includes("Web") ? sources["web-identity"] : sources.keys },
    request: {
      action,
      ...(action !== "GetSessionToken" && { sessionName: "app" }),
      ...(action.startsWith("AssumeRole") && { roleArn }),
    },
    ends: unreachable,
  })),
};

const database = { host: "127.0.0.1", port: 1, user: "rotate", password: secret };
const postgresUsers = ["ring", "dynamic"].flatMap((strategy) =>
  (["verify-full", "require", "disable"] as const).map((tls, index) => ({
    strategy,
    tls,
    sessions: index === 0 ? "end" : "wait",
    send: index === 0 ? "password" : "verifier",
  })),
);

const redisUsers = (["verify-full", "require", "disable"] as const).map((tls, index) => ({
  tls,
  sessions: index === 0 ? "end" : "wait",
  persist: index === 0 ? "none" : "aclfile",
}));

const redisRows: Rows = rowsOf(
  "redis-user",
  Object.fromEntries(redisUsers.map((more) => [more.tls, more])),
  (more) => ({
    provider: { type: "redis-user", nodes: [nowhere], user: "rotate", password: secret, ...more },
    request: { rules: ["~app:*", "+@read"] },
    refresh: { every: "12h" },
    ends: unreachable,
  }),
);

/** What these take a certificate's name from is a name. */
const named = { ...database, host: "localhost" };
const byMysql = ["dynamic", "retain"].flatMap((strategy) =>
  (["verify-full", "require", "disable"] as const).map((tls, index) => ({
    strategy,
    tls,
    sessions: index === 0 ? "end" : "wait",
    send: index === 0 ? "password" : "verifier",
    ...(strategy === "dynamic" && { events: "app" }),
  })),
);
const ofMysql: Readonly<Record<string, object>> = {
  dynamic: { role: "app_rw", ttl: "1h" },
  retain: { account: "app" },
};

const mysqlRows: Rows = {
  ...rowsOf(
    "mysql-user",
    Object.fromEntries(byMysql.map((more) => [`${more.strategy}-${more.tls}`, more])),
    (more) => ({
      provider: { type: "mysql-user", ...named, ...more },
      request: ofMysql[more.strategy] ?? {},
      refresh: { every: "30m" },
      ends: unreachable,
    }),
  ),
  ...rowsOf(
    "mariadb-user",
    Object.fromEntries(byMysql.slice(0, 3).map((more) => [more.tls, more])),
    ({ tls, sessions, send, events }) => ({
      provider: { type: "mariadb-user", ...named, tls, sessions, send, events },
      request: { grants: ["select, insert on app.*"], ttl: "1h" },
      ends: unreachable,
    }),
  ),
};

const databaseRows: Rows = rowsOf(
  "postgres-user",
  Object.fromEntries(postgresUsers.map((more) => [`${more.strategy}-${more.tls}`, more])),
  (more) => ({
    provider: { type: "postgres-user", ...database, ...more },
    request: { group: "app_rw", ttl: "1h" },
    ends: unreachable,
  }),
);

export const entra = {
  "client-secret": { method: "client-secret", clientId: "app", clientSecret: secret },
  "client-certificate": {
    method: "client-certificate",
    clientId: "app",
    certificate: { file: "rsa-cert.pem" },
    key: { file: "rsa.pem" },
  },
  federated: { method: "federated", clientId: "app", token: { file: "token.jwt" } },
  "github-oidc": { method: "github-oidc", clientId: "app" },
  "managed-identity": { method: "managed-identity" },
};

const databricks = {
  pat: { method: "pat", token: secret },
  "oauth-m2m": { method: "oauth-m2m", clientId: "app", clientSecret: secret },
  "github-oidc": { method: "github-oidc", clientId: "app" },
  "env-oidc": { method: "env-oidc", token: secret, clientId: "app" },
  "file-oidc": { method: "file-oidc", token: { file: "token.jwt" }, clientId: "app" },
  "databricks-cli": { method: "databricks-cli", profile: "app" },
  profile: { method: "profile", profile: "app", configFile: "databrickscfg" },
};
const primary = "projects/app/branches/production/endpoints/primary";
const readOnly = [{ permissionSet: "READ_ONLY", tables: ["public.users"] }];

const databricksRows: Rows = {
  ...rowsOf("databricks", databricks, (auth, name) => ({
    provider: { type: "databricks-postgres", host: loopback, api: "autoscaling", method: "http", auth },
    request: { endpoint: primary },
    ends: name === "databricks-cli" ? noProgram : unreachable,
  })),
  "databricks-provisioned": {
    provider: { type: "databricks-postgres", host: loopback, api: "provisioned", auth: databricks.pat },
    request: { instances: ["db"], claims: readOnly },
    ends: unreachable,
  },
  "databricks-by-cli": {
    provider: { type: "databricks-postgres", host: loopback, method: "cli", auth: databricks.pat },
    request: { endpoint: primary },
    ends: noProgram,
  },
};

const subjects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  reference: { from: "reference", token: { file: "token.jwt" } },
  url: { from: "url", url: loopback },
  executable: { from: "executable", command: ["cat", "subject.json"] },
  "github-actions": { from: "github-actions" },
};
const subjectTypes = ["jwt", "id_token", "saml2"].map((name) => [name, `urn:ietf:params:oauth:token-type:${name}`]);
const pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q";
const workload = { method: "workload-identity", audience: pool };
export const google = {
  metadata: { method: "metadata" },
  "service-account": { method: "service-account", key: { file: "service-account.json" } },
  "authorized-user": { method: "authorized-user", credentials: { file: "authorized-user.json" } },
  gcloud: { method: "gcloud" },
  ...Object.fromEntries(
    Object.entries(subjects).map(([from, subject]) => [`workload-${from}`, { ...workload, subject }]),
  ),
  ...Object.fromEntries(
    subjectTypes.map(([name, type]) => [name, { ...workload, subjectTokenType: type, subject: subjects["reference"] }]),
  ),
};
const googleEndpoints = { oauth2: loopback, sts: loopback, iamCredentials: loopback };

const vaults = {
  token: { method: "token", token: secret },
  "token-file": { method: "token-file", path: "token.jwt" },
  approle: { method: "approle", roleId: "app", secretId: secret },
  kubernetes: { method: "kubernetes", role: "app", jwt: { file: "token.jwt" } },
  jwt: { method: "jwt", role: "app", jwt: { file: "token.jwt" } },
  userpass: { method: "userpass", username: "app", password: secret },
  cert: { method: "cert", role: "app" },
  aws: { method: "aws", role: "app", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret },
};
const tls = { ca: { file: "cert.pem" }, cert: { file: "cert.pem" }, key: pem };

function vault(type: string, auth: { readonly method: string }): Options {
  const over = auth.method === "cert" ? { address: `https://${nowhere}`, tls } : { address: loopback };
  return { type, ...over, auth };
}

const vaultRows: Rows = {
  ...rowsOf("vault", vaults, (auth) => ({
    provider: vault("vault", auth),
    request: { path: "database/creds/app", method: "read", fields: { token: "/password" } },
    ends: unreachable,
  })),
  ...rowsOf("vault-kv", vaults, (auth) => ({
    provider: vault("vault-kv", auth),
    request: { path: "app", engine: "2", fields: { token: "/password" } },
    ends: unreachable,
  })),
  ...rowsOf("vault-role", vaults, (auth) => ({
    provider: vault("vault-static-role", auth),
    request: { role: "app" },
    ends: unreachable,
  })),
  "vault-write": {
    provider: vault("vault", vaults.token),
    request: { path: "pki/issue/app", method: "write", fields: { token: "/private_key" } },
    ends: unreachable,
  },
  ...rowsOf("vault-kv-sink", vaults, (auth, name) => ({
    sinks: [{ ...vault("vault-kv", auth), path: `app-${name}`, engine: "2", values: { token: "{{ token }}" } }],
    ends: unreachable,
  })),
  "vault-kv-sink-1": {
    sinks: [{ ...vault("vault-kv", vaults.token), path: "app-1", engine: "1", values: { token: "{{ token }}" } }],
    ends: unreachable,
  },
  "vault-kv-1": {
    provider: vault("vault-kv", vaults.token),
    request: { path: "app", engine: "1", fields: { token: "/password" } },
    ends: unreachable,
  },
};

const clients = {
  basic: { method: "client_secret_basic", clientSecret: secret },
  post: { method: "client_secret_post", clientSecret: secret },
  none: { method: "none" },
  es256: { method: "private_key_jwt", key: pem, algorithm: "ES256" },
  rs256: { method: "private_key_jwt", key: { file: "rsa.pem" }, algorithm: "RS256" },
  ps256: { method: "private_key_jwt", key: { file: "rsa.pem" }, algorithm: "PS256" },
  eddsa: { method: "private_key_jwt", key: { file: "ed25519.pem" }, algorithm: "EdDSA" },
};
const client = { tokenEndpoint: `${loopback}/token`, clientId: "app" };
const exchange = { type: "token-exchange", subjectToken: { file: "token.jwt" } };

const oauthRows: Rows = {
  ...rowsOf("oauth2", clients, (clientAuth) => ({
    provider: { type: "oauth2", ...client, clientAuth },
    request: { grant: { type: "client-credentials" } },
    ends: unreachable,
  })),
  ...rowsOf("refresh", clients, (clientAuth) => ({
    provider: { type: "oauth2-refresh-token", ...client, clientAuth },
    request: { refreshToken: secret },
    ends: unreachable,
  })),
  "oauth2-exchange": {
    provider: { type: "oauth2", ...client, clientAuth: clients.basic },
    request: { grant: exchange },
    ends: unreachable,
  },
};

const clusters = { "by-token": "token", "by-certificate": "certificate", "by-exec": "exec" };

export const logins: Rows = {
  ...awsRows,
  ...rowsOf("azure", entra, (auth) => ({
    provider: { type: "azure-entra", tenantId: "example", authority: loopback, auth },
    request: {},
    ends: unreachable,
  })),
  ...databaseRows,
  ...redisRows,
  ...mysqlRows,
  ...databricksRows,
  ...rowsOf("gcp", google, (source, name) => ({
    provider: { type: "gcp-access-token", source, endpoints: googleEndpoints },
    request: {},
    ends: name === "gcloud" ? noProgram : unreachable,
  })),
  ...rowsOf("github", { read: "read", write: "write", admin: "admin" }, (right) => ({
    provider: { type: "github-app", appId: "1", privateKey: { file: "rsa.pem" }, baseUrl: loopback },
    request: { installationId: "1", permissions: { contents: right } },
    ends: unreachable,
  })),
  ...rowsOf("kubernetes", clusters, (context) => ({
    provider: { type: "kubernetes-token", kubeconfig: "kubeconfig", context },
    request: { namespace: "app", serviceAccount: "app" },
    ends: unreachable,
  })),
  ...rowsOf("kubernetes-bound", { pod: "Pod", secret: "Secret", node: "Node" }, (kind) => ({
    provider: { type: "kubernetes-token", kubeconfig: "kubeconfig", context: "token" },
    request: { namespace: "app", serviceAccount: "app", boundObject: { kind, name: "app" } },
    ends: unreachable,
  })),
  "kubernetes-in-cluster": {
    provider: { type: "kubernetes-token", serviceAccountPath: "service-account" },
    request: { namespace: "app", serviceAccount: "app" },
    ends: unreachable,
  },
  ...vaultRows,
  ...oauthRows,
};
