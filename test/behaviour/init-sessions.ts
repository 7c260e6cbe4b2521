/** What a newcomer has, answers and gets: one session for each issuer that there is a double of, and for each way to consume. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  createAwsDouble,
  createAzureDouble,
  createCertificateAuthority,
  createDatabricksDouble,
  createGcpDouble,
  createGithubDouble,
  createKubernetesDouble,
  createOAuth2Double,
  createVaultDouble,
} from "@rotate/doubles";

/** `[question, answer]`: a choice by how its label begins after `> `, else a text; none: what is offered. */
export type Step = readonly [question: string, answer?: string];

/** One newcomer. */
export interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Answers that no newcomer is asked: addresses of doubles. */
  readonly set?: readonly string[];
  readonly steps: readonly Step[];
  /** What the consumer holds after `rotate run`, as it reads it; true when the issuer knows it. */
  readonly works: (
    folder: string,
    command: (...argv: readonly string[]) => Promise<string>,
  ) => boolean | Promise<boolean>;
  readonly close?: () => Promise<void>;
}

const consumer = "How does your application get its credential?";
const issuer = "Who issues it?";
const login = "Which login?";
const name: Step = ["name of the rotation"];
const none: Step = ["What makes it take the new one up?", "> nothing"];

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");
const valueIn = (text: string, key: string): string => new RegExp(`^${key}='?([^'\n]*)'?$`, "m").exec(text)?.[1] ?? "";

async function databricks(): Promise<Setting> {
  const double = await createDatabricksDouble({ pats: { dapi0000: "app" } });
  return {
    close: double.close,
    env: {
      DATABRICKS_HOST: double.url,
      DATABRICKS_TOKEN: "dapi0000",
      DATABRICKS_CLIENT_ID: "x",
      DATABRICKS_CLIENT_SECRET: "y",
    },
    files: {
      ".databrickscfg":
        "[DEFAULT]\nhost = https://one.example\ntoken = x\n[dev]\nhost = https://two.example\ntoken = y\n",
    },
    steps: [
      [consumer, "> it reads variables from an .env file"],
      [issuer, "> Databricks"],
      [login, "> the personal access token in DATABRICKS_TOKEN"],
      ["endpoint: With", "projects/app/branches/production/endpoints/primary"],
      ["name of the rotation", "app-db"],
      ["the file", ".env"],
      ["variable for token", "PGPASSWORD"],
      none,
    ],
    works: async (folder) => (await double.tokens.verify(valueIn(read(folder, ".env"), "PGPASSWORD"))).sub === "app",
  };
}

async function vault(): Promise<Setting> {
  const double = await createVaultDouble({
    tokens: [{ id: "root-of-all", root: true }],
    engines: { secret: { type: "kv", version: 2 } },
  });
  const headers = { "x-vault-token": "root-of-all" };
  await fetch(`${double.url}/v1/secret/data/mail`, {
    method: "POST",
    headers,
    body: '{"data":{"password":"from-vault"}}',
  });
  return {
    close: double.close,
    env: { VAULT_ADDR: double.url, VAULT_TOKEN: "root-of-all" },

    steps: [
      [consumer, "> it reads a JSON file"],
      [issuer, "> Vault or OpenBao: a stored secret"],
      [login, "> the token in VAULT_TOKEN"],
      ["path: Of the secret", "mail"],
      ["fields: Fields of the credential"],
      name,
      ["the file", "config.json"],
      ["place (a JSON pointer) for password", "/mail/password"],
      none,
    ],
    works: (folder) => JSON.parse(read(folder, "config.json")).mail.password === "from-vault",
  };
}

async function aws(): Promise<Setting> {
  const key = { accessKeyId: "AKIAEXAMPLEDEPLOYER0", secretAccessKey: "of-the-deployer-0123456789" };
  const double = await createAwsDouble({ users: [{ name: "deployer", ...key }], roles: [{ name: "app" }] });
  const profile = `aws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
  return {
    close: double.close,
    files: { ".aws/credentials": `[deployer]\n${profile}[other]\n${profile}` },
    set: [`provider.endpoints.sts=${double.url}`],
    steps: [
      [consumer, "> it uses a profile"],
      [issuer, "> AWS: a role or session"],
      [login, "> profile deployer"],
      ["region:", "us-east-1"],
      ["roleArn:", "arn:aws:iam::123456789012:role/app"],
      name,
      ["the file", "consumer-credentials"],
      ["the profile that is written"],
      none,
    ],
    works: (folder) =>
      double.mints.length === 1 && read(folder, "consumer-credentials").includes("[app]\naws_access_key_id = ASIA"),
  };
}

async function gcp(): Promise<Setting> {
  const account = "app@acme.iam.gserviceaccount.com";
  const double = await createGcpDouble();
  return {
    close: double.close,
    env: { GOOGLE_APPLICATION_CREDENTIALS: "key.json" },
    files: { "key.json": double.keyFile(account) },
    set: [`provider.endpoints.oauth2=${double.url}`],
    steps: [
      [consumer, "> it reads a file that holds"],
      [issuer, "> Google Cloud"],
      [login, "> the service account in key.json"],
      name,
      ["the file", "secrets/token"],
      none,
    ],
    works: (folder) => double.inspect(read(folder, "secrets/token"))?.principal === account,
  };
}

async function azure(): Promise<Setting> {
  const clientId = "22222222-2222-4222-8222-222222222222";
  const double = await createAzureDouble({ apps: [{ clientId, secrets: { "of-the-app": undefined } }] });
  return {
    close: double.close,
    env: { AZURE_TENANT_ID: double.tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: "of-the-app" },
    set: [`provider.authority=${double.url}`],
    steps: [
      [consumer, "> it reads a PostgreSQL URL"],
      [issuer, "> Azure"],
      [login, "> the app of AZURE_CLIENT_ID"],
      ["scope: Which service"],
      name,
      ["the file"],
      ["variable for the URL"],
      ["host of the database", "db.example.com"],
      ["port"],
      ["name of the database", "shop"],
      ["user of the database", "svc@example.com"],
      ["try the new credential", "> no"],
      none,
    ],
    async works(folder) {
      const url = new URL(valueIn(read(folder, ".env"), "DATABASE_URL"));
      return (
        url.username === "svc%40example.com" &&
        (await double.verify(decodeURIComponent(url.password))).appid === clientId
      );
    },
  };
}

async function github(): Promise<Setting> {
  const double = await createGithubDouble();
  return {
    close: double.close,
    files: { "app.pem": double.privateKey },
    set: [`provider.baseUrl=${double.url}`],
    steps: [
      [consumer, "> it reads a YAML file"],
      [issuer, "> GitHub"],
      ["appId: The app's id", double.appId],
      ["where is it read?", "> a file"],
      ["privateKey: PEM, as GitHub made it: its path", "app.pem"],
      ["owner: The organisation", "acme"],
      name,
      ["the file", "config.yaml"],
      ["place (a JSON pointer) for token", "/github/token"],
      none,
    ],
    works: (folder) => double.inspect(/token: "?(\w+)/.exec(read(folder, "config.yaml"))?.[1] ?? "") !== undefined,
  };
}

async function oauth2(): Promise<Setting> {
  const double = await createOAuth2Double({
    clients: {
      billing: {
        method: "client_secret_basic",
        secret: "of-billing",
        grants: ["client_credentials"],
        scopes: ["read"],
      },
    },
  });
  return {
    close: double.close,
    env: { CLIENT_SECRET: "of-billing" },
    steps: [
      [consumer, "> it is started by rotate"],
      [issuer, "> OAuth 2.0: an access token (client"],
      ["tokenEndpoint:", `${double.issuer}/token`],
      ["clientId", "billing"],
      ["clientAuth", "> client_secret_basic"],
      ["where is it read?", "> an environment variable"],
      ["its name (not its value)", "CLIENT_SECRET"],
      ["scope: Separated by blanks"],
      name,
      ["variable for token", "ACCESS_TOKEN"],
      none,
    ],
    works: async (_, command) =>
      double.accepts((await command("exec", "app", "--", "printenv", "ACCESS_TOKEN")).trim()),
  };
}

const deployer = "token-of-the-deployer-8d1f0c";

async function kubernetes(): Promise<Setting> {
  const authority = createCertificateAuthority("cluster authority");
  const namespaces = ["app"];
  const resources = ["secrets", "deployments.apps"];
  const double = await createKubernetesDouble({
    tls: authority.issue({ hosts: ["127.0.0.1"] }),
    users: {
      [deployer]: {
        name: "deployer",
        rules: [
          { verbs: ["create"], resources: ["serviceaccounts/token"], namespaces },
          { verbs: ["get", "patch", "create"], resources, namespaces },
        ],
      },
    },
    serviceAccounts: [{ namespace: "app", name: "reader", rules: [{ verbs: ["get"], resources, namespaces }] }],
    workloads: [{ kind: "deployment", namespace: "app", name: "web", replicas: 1 }],
  });
  const cluster = { server: double.url, "certificate-authority-data": Buffer.from(authority.ca).toString("base64") };
  const context = { cluster: "here", user: "me", namespace: "app" };
  const kubeconfig = {
    "current-context": "main",
    contexts: [
      { name: "other", context },
      { name: "main", context },
    ],
    clusters: [{ name: "here", cluster }],
    users: [{ name: "me", user: { token: deployer } }],
  };
  return {
    close: double.close,
    files: { ".kube/config": JSON.stringify(kubeconfig) },
    set: ["reload.delay=0s"],

    steps: [
      [consumer, "> it gets a Kubernetes Secret"],
      [issuer, "> Kubernetes"],
      [login, "> context main"],
      ["namespace: Namespace", "app"],
      ["serviceAccount: Whose token", "reader"],
      name,
      ["namespace of the Secret", "app"],
      ["name of the Secret", "reader-token"],
      ["key for token"],
      ["What makes it take the new one up?", "> a Kubernetes workload"],
      ["kind", "> deployment"],
      ["namespace", "app"],
      ["name", "web"],
    ],
    works: async () =>
      (await double.review(double.secret("app", "reader-token")?.["token"] ?? "")) !== undefined &&
      double.rollouts("deployment", "app", "web") === 1,
  };
}

async function jwt(): Promise<Setting> {
  return {
    steps: [
      [consumer, "> it reads variables from an .env file"],
      [issuer, "> an issuer of its own"],
      ["issuer: `iss`"],
      ["path: A file", "keys.pem"],
      ["subject:"],
      ["audience:", "api, web"],
      name,
      ["the file"],
      ["variable for token"],
      ["variable for jwks"],
      ["What makes it take the new one up?", "> a command is run"],
      ["command:", "sh -c 'echo reloaded > reloaded.txt'"],
    ],
    works: (folder) =>
      valueIn(read(folder, ".env"), "APP_TOKEN").split(".").length === 3 &&
      read(folder, "reloaded.txt") === "reloaded\n",
  };
}

async function program(): Promise<Setting> {
  return {
    steps: [
      [consumer, "> it reads variables from an .env file"],
      [issuer, "> a command of yours"],
      ["command:", "echo minted-by-a-command"],
      ["format:", "> token"],
      name,
      ["the file"],
      ["variable for token", "API_TOKEN"],
      none,
    ],
    set: ["request.expiresIn=1h"],
    works: (folder) => valueIn(read(folder, ".env"), "API_TOKEN") === "minted-by-a-command",
  };
}

/** By issuer. */
export const sessions: Readonly<Record<string, () => Promise<Setting>>> = {
  databricks,
  vault,
  aws,
  gcp,
  azure,
  github,
  oauth2,
  kubernetes,
  jwt,
  exec: program,
};
