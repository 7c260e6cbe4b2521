/** An account in moto with a user whose policy is the one of the docs, and what a test keeps in its stores. */
import { startMoto, type Moto } from "@rotate/doubles";
import type { Sink } from "@rotate/plugin-kit";
import { signPost } from "@rotate/plugin-kit/tokens";
import { createTestContext, secretRef, type TestContext } from "@rotate/testkit";
import { Secret } from "@rotate/plugin-kit";

type Body = Readonly<Record<string, unknown>>;

export interface Account {
  readonly moto: Moto;
  /** Options of a sink that logs in as the user who may do what the docs say. */
  readonly options: Body;
  /** Of one who may do nothing. */
  readonly bare: Body;
  readonly secrets: readonly string[];
  /** An action as root: `secretsmanager.PutSecretValue`. Gives the JSON; throws when it is refused. */
  readonly root: (action: string, body: Body) => Promise<Body>;
}

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: undefined;
}

/** Starts moto, furnishes it, and lets it check signatures and policies from then on. */
export async function startAccount(): Promise<Account> {
  const moto = await startMoto();
  const root = await userIn(moto, "root", ["*"]);
  const app = await userIn(moto, "app", [
    ...["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage", "CreateSecret"].map(
      (action) => `secretsmanager:${action}`,
    ),
    ...["GetParameter", "PutParameter", "GetParameterHistory", "DeleteParameter"].map((action) => `ssm:${action}`),
  ]);
  const bare = await userIn(moto, "bare", ["sts:GetCallerIdentity"]);
  await moto.guard();
  return {
    moto,
    options: optionsOf(moto, app),
    bare: optionsOf(moto, bare),
    secrets: [app.secretAccessKey.reveal()],
    root: (action, body) => callAs(root, moto, { action, body }),
  };
}

async function userIn(moto: Moto, name: string, actions: readonly string[]): Promise<Key> {
  await moto.iam("CreateUser", { UserName: name });
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] };
  await moto.iam("PutUserPolicy", { UserName: name, PolicyName: "p", PolicyDocument: JSON.stringify(policy) });
  const xml = await moto.iam("CreateAccessKey", { UserName: name });
  const read = (element: string): string => new RegExp(`<${element}>([^<]*)<`).exec(xml)?.[1] ?? "";
  return {
    accessKeyId: read("AccessKeyId"),
    secretAccessKey: new Secret(read("SecretAccessKey")),
    sessionToken: undefined,
  };
}

function optionsOf({ url }: Moto, { accessKeyId, secretAccessKey }: Key): Body {
  return {
    region: "eu-central-1",
    endpoints: { secretsmanager: url, ssm: url },
    credentials: { source: "keys", accessKeyId, secretAccessKey: secretRef(secretAccessKey.reveal()) },
  };
}

async function callAs(
  key: Key,
  { url }: Moto,
  { action, body }: { readonly action: string; readonly body: Body },
): Promise<Body> {
  const service = action.startsWith("secretsmanager.") ? "secretsmanager" : "ssm";
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": action };
  const signed = signPost({ url: new URL(url), headers, body: text }, key, {
    service,
    region: "eu-central-1",
    now: Date.now(),
  });
  const revealed = Object.entries(signed).map(
    ([name, value]) => [name, typeof value === "string" ? value : (value?.reveal() ?? "")] as const,
  );
  const answer = await fetch(url, { method: "POST", headers: Object.fromEntries(revealed), body: text });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${action}: ${answer.status} ${said}`);
  return said === "" ? {} : (JSON.parse(said) as Body);
}

/** A context of a sink, logged in. */
export async function contextOn(sink: Sink, options: Body): Promise<TestContext> {
  const ctx = createTestContext({ options, schema: sink.options });
  return { ...ctx, login: await sink.login?.(ctx) };
}
