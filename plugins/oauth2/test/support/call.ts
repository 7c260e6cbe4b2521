import { isSecret, type Minted, type Provider } from "@rotate/plugin-kit";
import { createOAuth2Double, type OAuth2Double, type OAuth2DoubleOptions } from "@rotate/doubles";
import {
  createFakeClock,
  createTestContext,
  secretRef,
  withDefaults,
  type FakeClock,
  type TestContext,
} from "@rotate/testkit";
import { onTestFinished } from "vitest";
import { oauth2 } from "../../src/oauth2.ts";

export const hour = 3_600_000;
export const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";

/** Characters that a form, a header and a URL each write in their own way. */
export const oddSecret = "s3cret +/=&%:é";

export const clients: OAuth2DoubleOptions["clients"] = {
  basic: {
    method: "client_secret_basic",
    secret: oddSecret,
    grants: ["client_credentials", exchangeGrant, "refresh_token"],
    scopes: ["read", "write"],
  },
  post: { method: "client_secret_post", secret: oddSecret, grants: ["client_credentials"], scopes: ["read"] },
  public: { method: "none", grants: ["refresh_token"], scopes: ["read"] },
};

export const basicAuth = { method: "client_secret_basic", clientSecret: secretRef(oddSecret) } as const;

/** A double with a clock that stands still; closed when the test ends. */
export async function start(
  options: Partial<OAuth2DoubleOptions> = {},
): Promise<{ readonly double: OAuth2Double; readonly clock: FakeClock }> {
  const clock = createFakeClock({ autoAdvance: true });
  const double = await createOAuth2Double({ clients, ...options, now: clock.now });
  onTestFinished(double.close);
  return { double, clock };
}

export interface Setup {
  readonly double: OAuth2Double;
  readonly clock: FakeClock;
  readonly options?: Readonly<Record<string, unknown>>;
}

export function contextOf({ double, clock, options }: Setup): TestContext {
  const given = { tokenEndpoint: double.tokenEndpoint, clientId: "basic", clientAuth: basicAuth, ...options };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return createTestContext({ options: present, schema: oauth2.options, clock });
}

/** Mints with the request's defaults filled in. */
export function mint(request: object, ctx: TestContext, provider: Provider = oauth2): Promise<Minted> {
  return provider.mint(withDefaults(provider.request ?? { type: "object" }, request), ctx);
}

/** A field of what was minted, as text. */
export function textOf({ fields }: Minted, name = "token"): string {
  const value = fields[name];
  return isSecret(value) ? value.reveal() : String(value);
}
