import { type BigIntStats, statSync } from "node:fs";
import { type Context, defineProvider, type Infer, invalid, type ObjectSchema } from "@rotate/plugin-kit";
import { checkFile, stageFile } from "@rotate/plugin-kit/files";
import { readSigningKey, signJwt } from "@rotate/plugin-kit/tokens";
import { algorithms, describeKey, generateKey, type NamedKey } from "./key.ts";
import { createKeyFile, readKeyFile } from "./key-file.ts";
import { extraClaims, request, type Request } from "./request.ts";

const options = {
  type: "object",
  properties: {
    issuer: { type: "string", minLength: 1, description: "`iss` of the tokens.", examples: ["https://issuer.example"] },
    algorithm: { enum: algorithms, default: "ES256" },
    key: {
      type: "object",
      description: "The signing key, one of:",
      properties: {
        path: {
          type: "string",
          format: "path",
          description: "A file. Generated, 0600, when it is not there. Deleting it changes the issuer.",
        },
        value: { type: "string", secret: true, description: "A reference to a private key: PEM or JWK." },
      },
    },
    kid: { type: "string", minLength: 1, description: "The key's id. Default: its thumbprint (RFC 7638)." },
    jwksPath: {
      type: "string",
      format: "path",
      description: "A file to write the public key set to, readable by everybody, for those who verify the tokens.",
    },
  },
  required: ["issuer", "key"],
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** For messages. */
const what = "the signing key";

/** An embedded issuer: signs short-lived JWTs with a local key. Nothing is asked of anybody, so nothing can be revoked: tokens just expire. */
export const jwt = defineProvider({
  type: "jwt",
  start: {
    title: "an issuer of its own: JWTs signed here (PostgREST, NATS, …)",
    request: ["subject", "audience"],
    leaves: ["jwks"],
    offers: { issuer: "https://issuer.example", "key.path": "signing-key.pem", subject: "app" },
    options: ["key.path"],
  },
  options,
  request,
  reads: ({ key: { path } }) => (path === undefined ? [] : [{ path }]),
  writes: ({ jwksPath: path }) => (path === undefined ? [] : [{ path }]),
  fields: {
    token: { secret: true, description: "The signed JWT." },
    jwks: { secret: false, description: "The public key set that verifies it (RFC 7517 §5)." },
  },

  ghosts: false,
  scope: ({ key: { path }, jwksPath }) => (path === undefined && jwksPath === undefined ? "anywhere" : "host"),
  async check(ctx, asked) {
    if (asked !== undefined) extraClaims(asked);
    if (knownKey(ctx) !== undefined) return checkKeys(ctx);
    const text = await givenKey(ctx);
    if (text !== undefined) readSigningKey(ctx.secret(text, "signing key"), ctx.options.algorithm, what);
    else if (ctx.options.key.path !== undefined) await checkNewKey(ctx.options.key.path, ctx);
    await checkKeys(ctx);
  },
  async mint(asked, ctx) {
    const { algorithm, issuer } = ctx.options;
    const claims = extraClaims(asked);
    const signing = await loadKey(ctx);
    await publishKeys(signing.jwks, ctx);
    const now = ctx.now();
    const exp = Math.ceil((now + asked.ttl) / 1000);
    const times = { iat: Math.floor(now / 1000), exp, jti: ctx.leaseId };
    const token = signJwt(
      { algorithm, header: { kid: signing.kid }, claims: { ...claims, iss: issuer, ...aboutWhom(asked), ...times } },
      signing.key,
    );
    return { fields: { token: ctx.secret(token, "token"), jwks: signing.jwks }, expires: new Date(exp * 1000) };
  },
});

function aboutWhom({ subject, audience }: Request): Readonly<Record<string, unknown>> {
  return { sub: subject, aud: audience?.length === 1 ? audience[0] : audience };
}

/** The key as it stands, or undefined when its file is still to be generated. */
async function givenKey({ options: { key }, resolve, ...ctx }: Ctx): Promise<string | undefined> {
  if ((key.path === undefined) === (key.value === undefined)) {
    throw invalid(
      "the signing key is given twice or not at all",
      "set `key: { path: … }`, or `key: { value: { env: … } }`",
    );
  }
  if (key.value !== undefined) return (await resolve(key.value)).reveal();
  return key.path === undefined ? undefined : readKeyFile(key.path, ctx);
}

async function checkKeys(ctx: Ctx): Promise<void> {
  if (ctx.options.jwksPath !== undefined) await checkFile(ctx.options.jwksPath, { ctx });
}

async function loadKey(ctx: Ctx): Promise<NamedKey> {
  const { algorithm, kid } = ctx.options;
  const known = knownKey(ctx);
  if (known !== undefined) return known;
  const stamp = stampOf(ctx);
  const text = (await givenKey(ctx)) ?? (await newKey(ctx));
  // From here on no message can show it, whatever goes wrong.
  const key = readSigningKey(ctx.secret(text, "signing key"), algorithm, what);
  const named = describeKey(key, algorithm, kid);
  if (stamp !== undefined && stamp === stampOf(ctx)) keep(ctx, { stamp, named });
  return named;
}

interface Kept {
  readonly stamp: string;
  readonly named: NamedKey;
}

/** What was read, by who listens to a log and by key. The text is not kept. */
const read = new WeakMap<Ctx["log"], Map<string, Kept>>();

function keep(ctx: Ctx, kept: Kept): void {
  const keys = read.get(ctx.log) ?? new Map<string, Kept>();
  read.set(ctx.log, keys.set(nameOf(ctx), kept));
}

function nameOf({ options: { key, algorithm, kid } }: Ctx): string {
  return JSON.stringify([key.path, algorithm, kid]);
}

/** The key, when its file is the one that was read before: to parse it costs as much as to sign. */
function knownKey(ctx: Ctx): NamedKey | undefined {
  const kept = read.get(ctx.log)?.get(nameOf(ctx));
  return kept !== undefined && kept.stamp === stampOf(ctx) ? kept.named : undefined;
}

/** A file that was changed a moment ago may be changed again without its times telling: for as long as two seconds where these are coarse, a tick of the kernel where they are not. ms */
const settledAfter = { coarse: 2_000, fine: 100 };

/** Differs when the key's file is another, or has other content. Undefined: nothing can be told by it. */
function stampOf({ options: { key }, now }: Ctx): string | undefined {
  if (key.path === undefined || key.value !== undefined) return undefined;
  const stats = look(key.path);
  if (stats === undefined || now() - Number(stats.ctimeMs) < settledAfter[graininess(stats)]) return undefined;
  const { dev, ino, size, mode, uid, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mode, uid, mtimeNs, ctimeNs].join(" ");
}

/** Times with fractions of a millisecond come from a file system that keeps them. */
function graininess({ ctimeNs, mtimeNs }: BigIntStats): keyof typeof settledAfter {
  return ctimeNs % 1_000_000n !== 0n && mtimeNs % 1_000_000n !== 0n ? "fine" : "coarse";
}

/** A look costs a tenth of what it does to hand it over to another thread, and each mint takes two. */
function look(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // whoever reads it says why
  }
}

const madeOne = "generated a signing key: keep it, for deleting it changes the issuer and makes every token worthless";

async function newKey(ctx: Ctx): Promise<string> {
  const { algorithm, key } = ctx.options;
  const path = String(key.path);
  const made = await generateKey(algorithm);
  const kept = await createKeyFile(path, made, ctx);
  if (kept === made) {
    ctx.log.warn(madeOne, { path, algorithm });
  }
  return kept;
}

/** Can a key be put there? Another rotation may be doing so at this moment: then what it put there is looked at. */
async function checkNewKey(path: string, ctx: Ctx): Promise<void> {
  try {
    await checkFile(path, { ctx });
  } catch (error) {
    const text = await readKeyFile(path, ctx);
    if (text === undefined) throw error;
    readSigningKey(ctx.secret(text, "signing key"), ctx.options.algorithm, what);
  }
}

/** Before the token is signed: whoever verifies must know the key when the first token arrives. */
async function publishKeys(jwks: string, ctx: Ctx): Promise<void> {
  const { jwksPath } = ctx.options;
  if (jwksPath === undefined) return;
  const staged = await stageFile(jwksPath, () => Buffer.from(`${jwks}\n`), { ctx, mode: "0644" });
  if (staged.changed) await staged.commit(ctx);
}
