import { beforehand, defineProvider, type HttpAnswer, type ObjectSchema } from "@rotate/plugin-kit";
import { signPost } from "@rotate/plugin-kit/tokens";
import { strangeAnswer } from "./fault.ts";
import { connection, type AwsContext } from "./options.ts";
import { refusal } from "./refusal.ts";
import { endpointOf, regionOf } from "./region.ts";
import { followedPlaces, keyOf, readSource, sourcePlaces, sourceScope, type KeySource } from "./source/index.ts";
import { loginsOf } from "./logins.ts";

const request = {
  type: "object",
  properties: {
    registryId: {
      type: "string",
      pattern: "^\\d{12}$",
      description: "The account whose registry it is; default: the caller's own",
    },
  },
} as const satisfies ObjectSchema;

const answered = {
  type: "object",
  properties: {
    authorizationData: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          authorizationToken: { type: "string" },
          expiresAt: { type: "number" },
          proxyEndpoint: { type: "string" },
        },
        required: ["authorizationToken", "expiresAt", "proxyEndpoint"],
      },
    },
  },
  required: ["authorizationData"],
} as const;

/**
 * A registry password of ECR, good for 12 hours; nobody can revoke it.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 */
export const awsEcr = defineProvider({
  type: "aws-ecr",
  start: { title: "AWS: a login to a registry (ECR)", options: ["region"], logins: loginsOf },
  options: { type: "object", properties: connection },
  request,
  fields: {
    username: { secret: false, description: "AWS" },
    password: { secret: true, description: "For docker login, of about 2 KiB" },
    registry: { secret: false, description: "Its host name" },
    auth: { secret: true, description: "User and password in base64, as `auth` in Docker's config.json" },
  },

  maxLife: 43_200_000,
  reads: sourcePlaces,
  follows: followedPlaces,
  scope: sourceScope,
  login: readSource,

  async check(ctx) {
    const key = await keyOf(ctx.login, ctx);
    endpointOf("ecr", regionOf(ctx, key.region), ctx);
  },
  async mint({ registryId }, ctx) {
    const key = await beforehand(() => keyOf(ctx.login, ctx));
    const answer = await ask(registryId, key, ctx);
    if (!answer.ok) throw refusal("GetAuthorizationToken was refused", answer, ctx);
    const { authorizationToken: auth, expiresAt, proxyEndpoint } = answer.json(answered).authorizationData[0];
    const { username, password } = decoded(auth);
    return {
      expires: new Date(expiresAt * 1000),
      fields: {
        username,
        password: ctx.secret(password, "password"),
        registry: proxyEndpoint.replace(/^https?:\/\//, ""),
        auth: ctx.secret(auth, "auth"),
      },
    };
  },
});

/** The JSON protocol of AWS, 1.1. */
function ask(registryId: string | undefined, key: KeySource, ctx: AwsContext): Promise<HttpAnswer> {
  const { url, region } = endpointOf("ecr", regionOf(ctx, key.region), ctx);
  const body = JSON.stringify(registryId === undefined ? {} : { registryIds: [registryId] });
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  };
  const scope = { service: "ecr", region, now: ctx.now() };
  return ctx.http(url, { headers: signPost({ url, headers, body }, key, scope), body });
}

function decoded(auth: string): { readonly username: string; readonly password: string } {
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth, "base64").toString()) ?? [];
  if (username !== undefined && password !== undefined) return { username, password };
  throw strangeAnswer("the answer's authorizationToken is no user and password");
}
