import { createHmac, randomBytes } from "node:crypto";
import {
  defineEndpoint,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointCredential,
  type EndpointRequest,
  type Infer,
  isRotateError,
  type ObjectSchema,
  Secret,
} from "@rotate/plugin-kit";
import { hidingKeys } from "./hiding-keys.ts";

const options = {
  type: "object",
  properties: {
    role: {
      type: "string",
      pattern: "^[\\w+=,.@-]+$",
      default: "rotate",
      description: "The name that clients are told.",
    },
    region: { type: "string", pattern: "^[a-z0-9-]+$", description: "The region that clients take as their own." },
  },
} as const satisfies ObjectSchema;
type Ctx = EndpointContext<Infer<typeof options>>;

const root = "/latest/meta-data";
const roles = `${root}/iam/security-credentials`;
const tokenHeader = "x-aws-ec2-metadata-token";
/** Seconds. */
const longestSession = 21_600;
/** SDKs stretch what has less (up to 15 minutes in botocore, in JavaScript 5 to 10) and go on with it after its end. ms */
const leastLeft = 15 * 60_000;

/** The instance metadata service of EC2, version 2, as far as clients ask it for credentials. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */
export const awsImds = defineEndpoint({
  type: "aws-imds",
  options,
  needs: () => ["accessKeyId", "secretAccessKey", "sessionToken"],
  clientWindow: 20 * 60_000,
  faults: (_, at) => ("socket" in at ? ["the SDKs ask by HTTP on a port: give it `port`"] : []),
  environment: (_, at): Readonly<Record<string, string>> =>
    "port" in at ? { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${at.host}:${at.port}` } : {},
  shadowedBy: [...hidingKeys, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"],

  async open(ctx) {
    const sessions = createSessions(ctx.now);
    await ctx.listen((request) => answer(request, ctx, sessions));
    return {};
  },
});

/** Tokens of sessions: nothing is kept of them, they carry their own end. */
interface Sessions {
  /** @param seconds of its life */
  readonly open: (seconds: number) => string;
  readonly isOpen: (request: EndpointRequest) => boolean;
}

function createSessions(now: () => number): Sessions {
  const key = randomBytes(32);
  const signed = (ends: string): string => `${ends}.${createHmac("sha256", key).update(ends).digest("base64url")}`;
  return {
    open: (seconds) => signed(String(now() + seconds * 1_000)),
    isOpen(request) {
      const [ends = ""] = request.header(tokenHeader)?.split(".") ?? [];
      return Number(ends) > now() && request.shows(tokenHeader, new Secret(signed(ends), "session"));
    },
  };
}

async function answer(request: EndpointRequest, ctx: Ctx, sessions: Sessions): Promise<EndpointAnswer> {
  if (request.path === "/latest/api/token") return openSession(request, sessions);
  // Version 1, which asks for no session, is not served: whoever can make a program fetch an address could ask it.
  if (!sessions.isOpen(request)) return refuse(401, "no-session");
  if (request.method !== "GET") return refuse(405, "method");
  const { role, region } = ctx.options;
  const path = request.path.replace(/\/$/, "");
  if (path === roles) return { status: 200, text: role };
  if (path === `${roles}/${role}`) return credentials(ctx);
  if (path === `${root}/placement/region` && region !== undefined) return { status: 200, text: region };
  return refuse(404, "not-served");
}

function openSession(request: EndpointRequest, sessions: Sessions): EndpointAnswer {
  if (request.method !== "PUT") return refuse(405, "method");
  const asked = request.header("x-aws-ec2-metadata-token-ttl-seconds") ?? "";
  const seconds = /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
  if (seconds < 1 || seconds > longestSession) return refuse(400, "session-life");
  const headers = { "x-aws-ec2-metadata-token-ttl-seconds": String(seconds) };
  return { status: 200, text: new Secret(sessions.open(seconds), "session"), headers };
}

async function credentials(ctx: Ctx): Promise<EndpointAnswer> {
  try {
    const credential = await ctx.current();
    if (credential.remaining() < leastLeft) return late(ctx, credential);
    return { status: 200, json: documentOf(credential, ctx.now()) };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return { ...refuse(503, "unavailable", `rotate: ${error.message}`), headers: { "retry-after": "1" } };
  }
}

/** A live credential is an error here: its reader would go on with it when it is dead. */
function late(ctx: Ctx, { leaseId }: EndpointCredential): EndpointAnswer {
  ctx.log.warn("a credential with less than 15 minutes left is not given: SDKs would use it beyond its end", {
    lease: leaseId,
  });
  return {
    ...refuse(503, "too-short", "rotate: the credential ends within 15 minutes"),
    headers: { "retry-after": "5" },
  };
}

function documentOf({ fields, expiresAt, issuedAt }: EndpointCredential, now: number) {
  const { accessKeyId, secretAccessKey, sessionToken } = fields;
  const end = expiresAt === "never" ? new Date(now + 6 * 3_600_000) : expiresAt;
  return {
    Code: "Success",
    LastUpdated: wholeSeconds(issuedAt),
    Type: "AWS-HMAC",
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: wholeSeconds(end),
  };
}

function wholeSeconds(instant: Date): string {
  return instant.toISOString().replace(/\.\d+Z$/, "Z");
}

function refuse(status: number, refusal: string, text = ""): EndpointAnswer {
  return { status, text, refusal };
}
