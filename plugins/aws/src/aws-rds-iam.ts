import { beforehand, defineProvider, type ObjectSchema, type ProviderContext, invalid } from "@rotate/plugin-kit";
import { presignGet } from "@rotate/plugin-kit/tokens";
import { connection, type Connection } from "./options.ts";
import { regionOf } from "./region.ts";
import {
  followedPlaces,
  keyOf,
  readSource,
  sourcePlaces,
  sourceScope,
  type KeySource,
  type Source,
} from "./source/index.ts";
import { loginsOf } from "./logins.ts";

/** All that the service gives, ms. */
const life = 900_000;

const request = {
  type: "object",
  properties: {
    host: {
      type: "string",
      pattern: "^[A-Za-z0-9.-]+$",
      maxLength: 253,
      description: "Of the instance, cluster or proxy: the very name that consumers connect to is signed",
      examples: ["app.cluster-abc123.eu-central-1.rds.amazonaws.com"],
    },
    port: { type: "integer", minimum: 1, maximum: 65_535, default: 5432 },
    username: { type: "string", minLength: 1, maxLength: 128, description: "A database user that has rds_iam" },
  },
  required: ["host", "username"],
} as const satisfies ObjectSchema;

/**
 * A password for RDS and Aurora: a request signed here, good for 15 minutes. The database looks at it when a connection begins, over TLS only; nobody can
 * revoke it. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
 */
export const awsRdsIam = defineProvider({
  type: "aws-rds-iam",
  start: { title: "AWS: a login to RDS or Aurora", options: ["region"], logins: loginsOf },
  options: { type: "object", properties: connection },
  request,
  fields: {
    token: {
      secret: true,
      description: "The password",
      example: "db.example.com:5432/?Action=connect&DBUser=app&X-Amz-Expires=900&X-Amz-Credential=AKIA%2F20300101",
    },
    username: { secret: false, description: "The database user it is for" },
  },

  ghosts: false,
  maxLife: life,
  reads: sourcePlaces,
  follows: followedPlaces,
  scope: sourceScope,
  login: readSource,

  async check(ctx, asked) {
    lifeWith(await keyOf(ctx.login, ctx), ctx.now());
    if (asked !== undefined) regionFor(asked.host, ctx);
  },
  async mint({ host, port, username }, ctx) {
    const key = await beforehand(() => keyOf(ctx.login, ctx));
    const now = ctx.now();
    const left = lifeWith(key, now);
    const scope = { service: "rds-db", region: regionFor(host, ctx), now };
    const query = { Action: "connect", DBUser: username };
    const token = presignGet({ host: `${host}:${port}`, query, life }, key, scope);
    return { fields: { token: ctx.secret(token, "token"), username }, expires: { in: left } };
  },
});

/** Milliseconds: what is signed ends with the session that signed it. */
function lifeWith({ endsAt, from }: KeySource, now: number): number {
  const left = Math.min(life, (endsAt?.getTime() ?? Infinity) - now);
  if (left > 0) return left;
  throw invalid(`the session of ${from} is over, and the password would be with it`, "log in again there");
}

/** The region that the host name says, so that a password for another region's database is not signed in vain. */
function regionFor(host: string, ctx: ProviderContext<Connection, Source>): string {
  const named = /\.([a-z]{2,4}(?:-[a-z]+)+-\d{1,2})\.rds\./.exec(host)?.[1];
  return named ?? regionOf(ctx, ctx.login.region);
}
