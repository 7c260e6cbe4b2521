import { type Context, type HttpInit, invalid, type SecretRef, type Text } from "@rotate/plugin-kit";
import { isThisMachine } from "@rotate/plugin-kit/tokens";

/** The options that every HTTP request here has. `as const`, so that each contribution can spread them into its own schema. */
export const requestOptions = {
  url: { type: "string", format: "uri", description: "With scheme.", examples: ["https://app.example/healthz"] },
  headers: { type: "object", additionalProperties: { type: "string" } },
  secretHeaders: {
    type: "object",
    additionalProperties: { type: "string", secret: true },
    description: "The same for secrets: each value is a reference.",
  },
  bearer: { type: "string", secret: true, description: "Sent as `Authorization: Bearer …`." },
  allowInsecure: { type: "boolean", default: false, description: "Allows http:// to another machine." },
  tls: {
    type: "object",
    properties: {
      ca: {
        type: "string",
        description: "PEM of the authorities to trust instead of the system's.",
        examples: [{ file: "ca.pem" }],
      },
      cert: { type: "string", description: "PEM of our client certificate." },
      key: { type: "string", secret: true, description: "PEM of its private key." },
      serverName: { type: "string", description: "The name to expect in the certificate, if not the URL's host." },
    },
  },
} as const;

/** What `requestOptions` become. */
export interface RequestOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secretHeaders?: Readonly<Record<string, SecretRef>>;
  readonly bearer?: SecretRef;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: SecretRef;
    readonly serverName?: string;
  };
}

type Ctx = Context<RequestOptions>;

async function headersOf({ options, resolve }: Ctx): Promise<Readonly<Record<string, Text>>> {
  const secret = Object.entries(options.secretHeaders ?? {}).map(
    async ([name, ref]) => [name, await resolve(ref)] as const,
  );
  return { ...options.headers, ...Object.fromEntries(await Promise.all(secret)) };
}

/** Headers, login and TLS of the options, resolved. Throws what `ctx.resolve` throws. */
export async function requestInit(ctx: Ctx): Promise<HttpInit> {
  const { bearer, tls } = ctx.options;
  const { key, ...plain } = tls ?? {};
  return {
    headers: await headersOf(ctx),
    ...(bearer !== undefined && { bearer: await ctx.resolve(bearer) }),
    ...(tls !== undefined && { tls: { ...plain, ...(key !== undefined && { key: await ctx.resolve(key) }) } }),
  };
}

/** Reads the URL. Throws INVALID, without the URL in it: it may hold a password. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ["http:", "https:"].includes(url.protocol)) return url;
  throw invalid("`url` is not a URL for HTTP", "write it whole, with https:// in front");
}

/** True when a request by these options carries a secret. */
export function sendsSecrets({ bearer, secretHeaders }: RequestOptions): boolean {
  return bearer !== undefined || Object.keys(secretHeaders ?? {}).length > 0;
}

/** Throws INVALID for plain HTTP to another machine, unless it is allowed. */
export function checkEncrypted(url: URL, allowInsecure: boolean): void {
  if (url.protocol === "https:" || isThisMachine(url) || allowInsecure) return;
  throw invalid(`${url.origin} would be called without encryption`, "use https://, or set `allowInsecure: true`");
}

const statusSchema = { type: "array", items: { type: "integer", minimum: 100, maximum: 599 }, minItems: 1 } as const;

/** Which answers are good. */
export const statusOptions = {
  expectStatus: {
    ...statusSchema,
    description: "Statuses that mean success. Default: 200 to 299.",
    examples: [[200, 204]],
  },
} as const;

/** True for a status that the options call good. */
export function isExpected(status: number, expected: readonly number[] | undefined): boolean {
  return expected === undefined ? status >= 200 && status <= 299 : expected.includes(status);
}
