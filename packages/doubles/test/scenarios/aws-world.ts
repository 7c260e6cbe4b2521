/** The same users and roles, made in the double and in moto. */
import { createAwsDouble, startMoto, type AwsCredentialTexts } from "@rotate/doubles";
import type { Answer } from "./scenario.ts";
import { comparable, expectStatus } from "./scenario.ts";
import { sha256, sign } from "../../src/aws/sigv4.ts";

export interface AwsPlace {
  readonly url: string;
  /** May assume the role `app`. */
  readonly deployer: AwsCredentialTexts;
  /** May do nothing. */
  readonly bare: AwsCredentialTexts;
}

export interface AwsWorld extends AwsPlace {
  readonly close: () => Promise<void>;
}

const account = "123456789012";
const principals = [`arn:aws:iam::${account}:user/deployer`];

function inventedKey(name: string): AwsCredentialTexts {
  return { accessKeyId: `AKIA${name.toUpperCase().padEnd(16, "X")}`, secretAccessKey: `secret-of-${name}` };
}

function policy(statement: object): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

export async function startAwsDoubleWorld(): Promise<AwsWorld> {
  const [deployer, bare] = [inventedKey("deployer"), inventedKey("bare")];
  const { url, close } = await createAwsDouble({
    users: [
      { name: "deployer", ...deployer },
      {
        name: "bare",
        ...bare,
        denied: ["GetCallerIdentity", "GetSessionToken", "GetFederationToken", "GetAuthorizationToken"],
      },
    ],
    roles: [{ name: "app", principals, maxSessionDuration: 12 * 3_600_000 }],
  });
  return { url, close, deployer, bare };
}

/** moto, furnished by the API of IAM alone. */
export async function startMotoWorld(): Promise<AwsWorld> {
  const moto = await startMoto();
  await moto.iam("CreateUser", { UserName: "deployer" });
  await moto.iam("CreateUser", { UserName: "bare" });
  await moto.iam("PutUserPolicy", {
    UserName: "deployer",
    PolicyName: "sts",
    PolicyDocument: policy({ Effect: "Allow", Action: ["sts:*", "ecr:GetAuthorizationToken"], Resource: "*" }),
  });
  await moto.iam("CreateRole", {
    RoleName: "app",
    AssumeRolePolicyDocument: policy({
      Effect: "Allow",
      Principal: { AWS: principals[0] },
      Action: "sts:AssumeRole",
    }),
  });
  const keyOf = async (UserName: string): Promise<AwsCredentialTexts> => {
    const xml = await moto.iam("CreateAccessKey", { UserName });
    const part = (name: string) => new RegExp(`<${name}>([^<]+)<`).exec(xml)?.[1] ?? "";
    return { accessKeyId: part("AccessKeyId"), secretAccessKey: part("SecretAccessKey") };
  };
  const [deployer, bare] = [await keyOf("deployer"), await keyOf("bare")];
  await moto.guard();
  return { url: moto.url, close: moto.close, deployer, bare };
}

export interface AwsSubject extends AwsPlace {
  /** Calls STS with a signature of this key; gives the credential that was issued, if any. */
  readonly ask: (by: AwsCredentialTexts, form: Form, wanted: number) => Promise<AwsCredentialTexts>;
  /** Asks ECR for the password of the registry. */
  readonly password: (by: AwsCredentialTexts, wanted: number) => Promise<void>;
}
type Form = Readonly<Record<string, string>>;

const formType = "application/x-www-form-urlencoded";
const jsonType = "application/x-amz-json-1.1";
const target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";

export function awsSubject(place: AwsPlace, record: (answer: Answer) => void): AwsSubject {
  async function ask(by: AwsCredentialTexts, form: Form, wanted: number): Promise<AwsCredentialTexts> {
    const body = new URLSearchParams({ Version: "2011-06-15", ...form }).toString();
    const headers =
      by === undefined ? { "content-type": formType } : signed(place.url, { by, body, service: "sts", type: formType });
    const answer = await fetch(place.url, { method: "POST", headers, body });
    const xml = await answer.text();
    const asked = form["Action"] ?? "";
    expectStatus(asked, { status: answer.status, text: xml, wanted });
    const leaves = leavesOf(xml);
    record({ asked, status: answer.status, body: leaves.map(([name, text]) => [name, settled(name, text)]) });
    const found = new Map(leaves);
    const [accessKeyId = "", secretAccessKey = "", sessionToken = ""] = [
      "AccessKeyId",
      "SecretAccessKey",
      "SessionToken",
    ].map((name) => found.get(name));
    return { accessKeyId, secretAccessKey, sessionToken };
  }
  return {
    ...place,
    ask,
    password: async (by, wanted) => {
      const more = { "x-amz-target": target };
      const headers = signed(place.url, { by, body: "{}", service: "ecr", type: jsonType, more });
      const answer = await fetch(place.url, { method: "POST", headers, body: "{}" });
      const text = await answer.text();
      expectStatus("GetAuthorizationToken", { status: answer.status, text, wanted });
      const body = comparable(JSON.parse(text), {
        volatile: new Set(["authorizationToken", "expiresAt"]),
        lives: new Set(),
        parts: [[/ on resource: .*$/g, ""]],
      });
      record({ asked: "GetAuthorizationToken", status: answer.status, body });
    },
  };
}

interface Signing {
  readonly by: AwsCredentialTexts;
  readonly body: string;
  readonly service: "sts" | "ecr";
  readonly type: string;
  /** Headers beside the usual. */
  readonly more?: Readonly<Record<string, string>>;
}

function signed(url: string, { by, body, service, type, more = {} }: Signing): Readonly<Record<string, string>> {
  const at = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const day = at.slice(0, 8);
  const headers = {
    "content-type": type,
    host: new URL(url).host,
    "x-amz-date": at,
    ...more,
    ...(by.sessionToken !== undefined && { "x-amz-security-token": by.sessionToken }),
  };
  const scope = { day, at, region: "us-east-1", service, signedHeaders: Object.keys(headers), query: "" };
  const signature = sign({ method: "POST", path: "/", headers }, scope, { key: by, bodyHash: sha256(body) });
  const credential = `${by.accessKeyId}/${day}/us-east-1/${service}/aws4_request`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${scope.signedHeaders.join(";")}, Signature=${signature}`,
  };
}

/** moto makes up the size of policies that it never reads, and names no request that it refuses. */
const leftOut = ["PackedPolicySize", "RequestId"];

/** Elements that hold text, in the order of their names. */
function leavesOf(xml: string): readonly (readonly [string, string])[] {
  const found = [...xml.matchAll(/<(\w+)>([^<]*\S[^<]*)<\/\1>/g)];
  return found
    .map(([, name = "", text = ""]) => [name, text] as const)
    .filter(([name]) => !leftOut.includes(name))
    .toSorted(([one], [other]) => one.localeCompare(other));
}

/** Without what differs from run to run. moto says neither upon which resource nor what to look at. */
function settled(name: string, text: string): string {
  if (["AccessKeyId", "SecretAccessKey", "SessionToken", "UserId"].includes(name))
    return text.replace(/^[^:]+(:.*)?$/, "…$1");
  if (name === "Expiration") return text.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, "…");
  return text
    .replaceAll(/\b(AROA|AIDA)\w+/g, "$1…")
    .replace(/ on resource: .*$/g, "")
    .replaceAll("&#39;", "'")
    .replaceAll(/\s+/g, " ")
    .trim();
}
