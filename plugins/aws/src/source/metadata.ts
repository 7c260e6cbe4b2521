import { httpError, isRotateError, RotateError, type HttpAnswer, invalid } from "@rotate/plugin-kit";
import { isThisMachine } from "@rotate/plugin-kit/tokens";
import type { AwsContext } from "../options.ts";
import { credentialDocument, keyFrom } from "./document.ts";
import { readTokenFile } from "./files.ts";
import type { KeySource } from "./types.ts";

/** These services are on this machine or next to it, ms. */
const timeout = 2000;
/** Hosts beside this machine that a container's credential endpoint may have over plain HTTP (the AWS SDKs' list). */
const besideUs = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"];

/** The role of an ECS task or EKS pod; undefined outside of one. Throws what the endpoint's refusal means. */
export async function containerKey(ctx: AwsContext): Promise<KeySource | undefined> {
  const url = containerUrl(ctx);
  if (url === undefined) return undefined;
  const authorization = await containerToken(ctx);
  const headers = {
    ...(authorization !== undefined && { authorization: ctx.secret(authorization, "container token") }),
  };
  const answer = await ctx.http(url, { headers, timeout, proxy: false });
  const hint = "the task or pod has no role, or the token of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not taken";
  if (!answer.ok) throw httpError("the container's credential endpoint refused", answer, { hint });
  return keyFrom(answer.json(credentialDocument), "the container's role", ctx);
}

function containerUrl({ env }: AwsContext): URL | undefined {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: path, AWS_CONTAINER_CREDENTIALS_FULL_URI: whole } = env;
  if (path) return new URL(path, "http://169.254.170.2");
  if (!whole) return undefined;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isNear = url !== undefined && (isThisMachine(url) || besideUs.includes(url.hostname));
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isNear)) return url;
  throw invalid(
    "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine",
    "correct it, or unset it",
  );
}

async function containerToken(ctx: AwsContext): Promise<string | undefined> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: path, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = ctx.env;
  return path ? readTokenFile(path, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ctx) : token;
}

/** The role of the EC2 instance (metadata service, version 2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html); undefined when nothing answers or it has no role. */
export async function instanceKey(ctx: AwsContext): Promise<KeySource | undefined> {
  if (ctx.env["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const session = await instanceSession(ctx);
  if (session === undefined) return undefined;
  const base = "/latest/meta-data/iam/security-credentials/";
  const listed = await instanceGet(base, session, ctx);
  const [role = ""] = listed.status === 404 ? [] : accepted(listed).text().trim().split("\n");
  if (role === "") return undefined;
  const document = accepted(await instanceGet(`${base}${role}`, session, ctx)).json(credentialDocument);
  return keyFrom(document, `the instance's role ${role}`, ctx);
}

function instanceUrl(path: string, { env }: AwsContext): URL {
  return new URL(path, env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || "http://169.254.169.254");
}

/** A machine that is no instance does not answer: that is no fault. */
async function instanceSession(ctx: AwsContext): Promise<string | undefined> {
  const headers = { "x-aws-ec2-metadata-token-ttl-seconds": "300" };
  const init = { method: "PUT", headers, timeout, proxy: false } as const;
  try {
    const answer = await ctx.http(instanceUrl("/latest/api/token", ctx), init);
    return answer.ok ? answer.text() : undefined;
  } catch (error) {
    const silent = isRotateError(error) && (error.code === "UNAVAILABLE" || error.code === "TIMEOUT");
    if (!silent || ctx.signal.aborted) throw error;
    ctx.log.debug("no instance metadata service answers", { reason: error.code });
    return undefined;
  }
}

function instanceGet(path: string, session: string, ctx: AwsContext): Promise<HttpAnswer> {
  const headers = { "x-aws-ec2-metadata-token": session };
  return ctx.http(instanceUrl(path, ctx), { headers, timeout, proxy: false });
}

function accepted(answer: HttpAnswer): HttpAnswer {
  if (answer.ok) return answer;
  throw httpError("the instance metadata service refused", answer, { hint: "attach a role to the instance" });
}

/** What is missing where the spec names this very source. */
export function noKeyHere(where: string, hint: string): RotateError {
  return new RotateError(`there are no credentials in ${where}`, { code: "NOT_FOUND", retryable: false, hint });
}
