import { randomBytes } from "node:crypto";
import {
  defineEndpoint,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointCredential,
  type EndpointRequest,
  type Infer,
  invalid,
  isRotateError,
  type ObjectSchema,
  readIfThere,
  type Secret,
} from "@rotate/plugin-kit";
import { accessOptions, filePath, stageFile } from "@rotate/plugin-kit/files";
import { hidingKeys } from "./hiding-keys.ts";

const { mode, owner, group } = accessOptions;
const options = {
  type: "object",
  properties: {
    tokenFile: {
      type: "object",
      description:
        "The file with the token that consumers show, `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`. Written when it is not there, and left as it is from then on.",
      properties: { path: filePath, mode, owner, group },
      required: ["path"],
    },
  },
  required: ["tokenFile"],
} as const satisfies ObjectSchema;
type Ctx = EndpointContext<Infer<typeof options>>;

/** Ruby's SDK wants a path. */
const path = "/get-credentials";

/** What the AWS SDKs ask in a container (ECS, EKS Pod Identity). https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export const awsContainer = defineEndpoint({
  type: "aws-container",
  options,
  needs: () => ["accessKeyId", "secretAccessKey", "sessionToken"],
  // boto asks again from 15 minutes before the end on, and from 10 minutes on at each use.
  clientWindow: 15 * 60_000,
  writes: ({ tokenFile }) => [{ path: tokenFile.path }],
  authenticates: () => true,
  faults: (_, at) => ("socket" in at ? ["the SDKs ask by HTTP on a port: give it `port`"] : []),
  environment: ({ tokenFile }, at) => ({
    ...("port" in at && { AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${hostOf(at.host)}:${at.port}${path}` }),
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile.path,
  }),

  shadowedBy: [...hidingKeys, "AWS_CONTAINER_AUTHORIZATION_TOKEN"],

  async open(ctx) {
    await tokenOf(ctx);
    await ctx.listen((request) => answer(request, ctx));
    return {};
  },
});

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** A token that the SDKs can send: one with a line feed at its end makes boto and JavaScript's SDK fail. Old ones read it once: it stays what it is. */
async function tokenOf(ctx: Ctx): Promise<Secret> {
  const { tokenFile } = ctx.options;
  const text = await readIfThere(ctx, tokenFile.path);
  if (text !== undefined && text !== "") {
    if (/^[\x21-\x7e]+$/.test(text)) return ctx.secret(text, "token of the endpoint");
    throw invalid(
      `the token in ${tokenFile.path} is not one line of letters, digits and signs without a line feed at its end`,
      "take the file away: it is written anew",
    );
  }
  const token = randomBytes(32).toString("base64url");
  const secret = ctx.secret(token, "token of the endpoint");
  const staged = await stageFile(tokenFile.path, () => Buffer.from(token), { ctx, ...tokenFile });
  await staged.commit(ctx);
  return secret;
}

async function answer(request: EndpointRequest, ctx: Ctx): Promise<EndpointAnswer> {
  if (!request.shows("authorization", await tokenOf(ctx)))
    return refuse(401, "Unauthorized", "Authorization is not the text of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (request.method !== "GET" || request.path !== path) return refuse(404, "NotFound", `ask GET ${path}`);
  try {
    return { status: 200, json: documentOf(await ctx.current(), ctx.now()) };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    const later = { "retry-after": "1" };
    return { ...refuse(503, "Unavailable", `rotate: ${error.message}`), headers: later };
  }
}

function documentOf({ fields, expiresAt }: EndpointCredential, now: number) {
  const { accessKeyId, secretAccessKey, sessionToken, accountId } = fields;
  // Whole seconds: some readers take no fractions. JavaScript's SDK needs an end.
  const end = expiresAt === "never" ? new Date(now + 3_600_000) : expiresAt;
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: end.toISOString().replace(/\.\d+Z$/, "Z"),
    ...(accountId && { AccountId: accountId }),
  };
}

/** The SDKs show `code` and `message`. */
function refuse(status: number, code: string, message: string): EndpointAnswer {
  return { status, json: { code, message }, refusal: code.toLowerCase() };
}
