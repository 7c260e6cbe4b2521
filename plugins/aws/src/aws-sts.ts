import {
  beforehand,
  defineProvider,
  isRotateError,
  withDetails,
  type Fields,
  type ProviderContext,
  type Text,
  invalid,
} from "@rotate/plugin-kit";
import { connection, type Connection } from "./options.ts";
import { regionOf } from "./region.ts";
import {
  isTemporary,
  keyOf,
  readSource,
  followedPlaces,
  sourcePlaces,
  sourceScope,
  type KeySource,
  type Source,
} from "./source/index.ts";
import { checkRequest } from "./sts-limits.ts";
import { request, type Action, type Request } from "./sts-request.ts";
import { callSts, readCredentials } from "./wire/sts.ts";
import { loginsOf } from "./logins.ts";

const fields = {
  accessKeyId: {
    secret: false,
    description: "ASIA…: useless without the two others",
    example: "ASIAIOSFODNN7EXAMPLE",
  },
  secretAccessKey: {
    secret: true,
    description: "The key that signs",
    example: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  sessionToken: {
    secret: true,
    description: "Goes with every request; of any length",
    example: "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMQ==",
  },
  expiration: { secret: false, description: "When the session ends, RFC 3339, UTC" },
  region: { secret: false, description: "The provider's region" },
  accountId: { secret: false, optional: true, description: "Of the session; GetSessionToken does not tell" },
  arn: { secret: false, optional: true, description: "Who the session is; GetSessionToken does not tell" },
} as const satisfies Fields;

type StsContext = ProviderContext<Connection, Source>;

/**
 * Mints AWS credentials: sessions of a role, of a user or of a federated user. STS has no call that revokes one and none that finds one: it lives until
 * its end. https://docs.aws.amazon.com/STS/latest/APIReference/
 */
export const awsSts = defineProvider({
  type: "aws-sts",
  start: { title: "AWS: a role or session (STS)", options: ["region"], request: ["roleArn"], logins: loginsOf },
  options: { type: "object", properties: connection },
  request,
  fields(asked) {
    checkRequest(asked);
    return fields;
  },

  maxLife: 43_200_000,
  reads: sourcePlaces,
  follows: followedPlaces,
  scope: sourceScope,
  login: readSource,

  /** GetCallerIdentity needs no permission: it tells whether the key is taken. An identity token is shown to nobody but in the mint. */
  async check(ctx, asked) {
    const source = ctx.login;
    const { key } = asked === undefined ? await anyKey(source, ctx) : await proofFor(asked, ctx);
    if (key === undefined) return;
    await callSts({ action: "GetCallerIdentity", parameters: {}, key, region: regionOf(ctx, key.region) }, ctx);
  },

  async mint(asked, ctx) {
    checkRequest(asked);
    const region = regionOf(ctx, ctx.login.region);
    const { key, proof } = await beforehand(() => proofFor(asked, ctx));
    const named = await beforehand(() => parametersOf(asked, ctx));
    if (asked.action === "GetFederationToken" && asked.policy === undefined && asked.policyArns === undefined) {
      ctx.log.warn("a federation token without session policies may do nothing but what resources allow it by name");
    }
    const parameters = { ...named, ...proof };
    const call = { action: asked.action, parameters, region, ...(key && { key }) };
    const xml = await callSts(call, ctx).catch((error: unknown) => spareCode(error, asked));
    const { expires, arn, accessKeyId, secretAccessKey, sessionToken } = readCredentials(xml, ctx);
    const minted = { accessKeyId, secretAccessKey, sessionToken, region, expiration: instant(expires) };
    const accountId = arn?.split(":")[4];
    return {
      expires,
      fields: { ...minted, ...(arn !== undefined && { arn }), ...(accountId !== undefined && { accountId }) },
    };
  },
});

interface Proof {
  readonly key?: KeySource;
  readonly proof?: Readonly<Record<string, Text>>;
}

/** The key that there is, whatever is asked for. */
async function anyKey(source: Source, ctx: StsContext): Promise<Proof> {
  return source.kind === "identity" && source.roleArn === undefined ? {} : { key: await keyOf(source, ctx) };
}

/** What shows who we are: a key to sign with, or the identity token itself. */
async function proofFor(asked: Request, ctx: StsContext): Promise<Proof> {
  const source = ctx.login;
  if (asked.action !== "AssumeRoleWithWebIdentity") return { key: fittingKey(asked, await keyOf(source, ctx)) };
  if (source.kind === "identity") return { proof: { WebIdentityToken: source.token } };
  throw invalid(
    `AssumeRoleWithWebIdentity needs an identity token, and ${source.from} gave a key`,
    "set `credentials: { source: web-identity, token: … }` or `{ source: github-oidc }` of the provider",
  );
}

/** What a session may not do is known before it is tried. */
function fittingKey({ action, ttl = 0 }: Request, key: KeySource): KeySource {
  if (!isTemporary(key)) return key;
  if (action !== "AssumeRole") {
    throw invalid(`${action} needs the long-term key of a user, and ${key.from} gave a session`, longTerm);
  }
  if (ttl > 3_600_000) {
    throw invalid(
      `${key.from} gave a session, and a session that takes a role gets an hour at most`,
      `ask for \`ttl: 1h\`, or ${longTerm}`,
    );
  }
  return key;
}

const longTerm = "give the provider a key that begins with AKIA";

async function parametersOf(
  { ttl, mfa, ...asked }: Request,
  ctx: StsContext & { readonly leaseId: string },
): Promise<Readonly<Record<string, Text | undefined>>> {
  return {
    ...namesOf({ ...asked, leaseId: ctx.leaseId }),
    DurationSeconds: ttl === undefined ? undefined : String(Math.ceil(ttl / 1000)),
    ExternalId: asked.externalId,
    SourceIdentity: asked.sourceIdentity,
    Policy: asked.policy,
    ...numbered(
      "PolicyArns",
      asked.policyArns?.map((arn) => ({ arn })),
    ),
    ...numbered(
      "Tags",
      Object.entries(asked.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
    ),
    ...Object.fromEntries((asked.transitiveTags ?? []).map((key, at) => [`TransitiveTagKeys.member.${at + 1}`, key])),
    SerialNumber: mfa?.serialNumber,
    TokenCode: mfa && (await ctx.resolve(mfa.tokenCode)),
  };
}

interface Named {
  readonly action: Action;
  readonly roleArn?: string;
  readonly sessionName?: string;
  readonly leaseId: string;
}

function namesOf({ action, roleArn, sessionName, leaseId }: Named): Readonly<Record<string, string | undefined>> {
  const name = sessionName ?? leaseId;
  if (action === "GetSessionToken") return {};
  return action === "GetFederationToken" ? { Name: name } : { RoleArn: roleArn, RoleSessionName: name };
}

/** Lists of the Query protocol: `Tags.member.1.Key`. */
function numbered(
  name: string,
  items: readonly Readonly<Record<string, string>>[] = [],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    items.flatMap((item, at) =>
      Object.entries(item).map(([key, value]) => [`${name}.member.${at + 1}.${key}`, value] as const),
    ),
  );
}

/** A code of the second factor works once, for half a minute: the next try waits for the next code. */
const codeLife = 30_000;

function spareCode(error: unknown, { mfa }: Request): never {
  if (mfa === undefined || !isRotateError(error) || !error.retryable) throw error;
  throw withDetails(error, { retryAfter: Math.max(error.retryAfter ?? 0, codeLife) });
}

/** Whole seconds, as AWS writes them. */
function instant(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
