import { isRotateError, isSecret, type Login, type Minted, type Provider, type RotateError } from "@rotate/plugin-kit";
import { createTestContext, type TestContext, type TestContextOptions } from "./context.ts";
import { withDefaults } from "./defaults.ts";

/** One call: the provider's options as the plugin gets them, and the request; defaults may be left out. */
export interface ProviderCall extends Omit<TestContextOptions<unknown, Login>, "options" | "schema"> {
  readonly options: Readonly<Record<string, unknown>>;
  readonly request?: Readonly<Record<string, unknown>>;
}

/** A provider's calls as the engine makes them. */
export interface ProviderCalls {
  readonly context: (call: ProviderCall) => TestContext<unknown, Login>;
  readonly logIn: (call: ProviderCall) => Promise<Login>;
  /** Logs in, unless the call brings a login, and mints. */
  readonly mint: (call: ProviderCall) => Promise<Minted>;
  /** The same, and checks. */
  readonly check: (call: ProviderCall) => Promise<void>;
  /** Logs in, and shows what was minted to `revokeValue`. */
  readonly revokeValue: (minted: Minted, call: ProviderCall) => Promise<void>;
}

/** The calls of a provider, each with a context of its own. */
export function providerCalls(provider: Provider): ProviderCalls {
  function context({ request: _request, ...call }: ProviderCall): TestContext<unknown, Login> {
    return createTestContext<unknown, Login>({ ...call, schema: provider.options });
  }
  async function logIn(call: ProviderCall): Promise<Login> {
    return (await provider.login?.(context(call))) ?? {};
  }
  async function loggedIn(call: ProviderCall): Promise<TestContext<unknown, Login>> {
    return context({ ...call, login: call.login ?? (await logIn(call)) });
  }
  function requestOf({ request = {} }: ProviderCall): unknown {
    return withDefaults(provider.request ?? { type: "object" }, request);
  }
  return {
    context,
    logIn,
    mint: async (call) => provider.mint(requestOf(call), await loggedIn(call)),
    check: async (call) => provider.check?.(await loggedIn(call), requestOf(call)),
    revokeValue: async ({ fields }, call) => provider.revokeValue?.(fields, await loggedIn(call)),
  };
}

/** The text of a minted field, secret or not; empty when it was not minted. */
export function textOf({ fields }: Minted, name: string): string {
  const value = fields[name];
  return isSecret(value) ? value.reveal() : (value ?? "");
}

/** The error of a call that must fail. Throws when it succeeds, and what is no RotateError. */
export async function errorOf(outcome: Promise<unknown>): Promise<RotateError> {
  const error = await outcome.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (isRotateError(error)) return error;
  throw error;
}
