import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRotateError, isSecret, type Login, type Minted, type Provider, type RotateError } from "@rotate/plugin-kit";
import { createDatabricksDouble, type DatabricksDouble, type DatabricksDoubleOptions } from "@rotate/doubles";
import { createTestContext, withDefaults } from "@rotate/testkit";
import { afterEach } from "vitest";
import plugin from "@rotate/plugin-databricks";

export const pat = "dapi0123456789abcdef0123456789abcdef";
export const user = "svc@example.com";
export const endpoint = "projects/app/branches/production/endpoints/primary";
export const mintRoute = "POST /api/2.0/postgres/credentials";
export const tokenRoute = "POST /oidc/v1/token";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Ends with the test. */
export function atEnd(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-databricks-"));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function workspaceDouble(options: DatabricksDoubleOptions = {}): Promise<DatabricksDouble> {
  const double = await createDatabricksDouble({ pats: { [pat]: user }, ...options });
  atEnd(double.close);
  return double;
}

export const provider: Provider = plugin.providers[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no provider");
}

export interface Call {
  readonly options: Readonly<Record<string, unknown>>;
  readonly request?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly now?: () => number;
}

function contextOf({ options, env, now }: Call, login?: Login) {
  const home = { PATH: process.env["PATH"] };
  return createTestContext({
    options,
    schema: provider.options,
    env: { ...home, ...env },
    ...(now && { now }),
    ...(login && { login }),
  });
}

export async function logIn(call: Call): Promise<Login> {
  return (await provider.login?.(contextOf(call))) ?? {};
}

/** Logs in and mints, as the engine does for one attempt. */
export async function mint(call: Call, login?: Login): Promise<Minted> {
  const ctx = contextOf(call, login ?? (await logIn(call)));
  return provider.mint(withDefaults(provider.request ?? { type: "object" }, call.request ?? { endpoint }), ctx);
}

export async function check(call: Call): Promise<void> {
  const request = withDefaults(provider.request ?? { type: "object" }, call.request ?? { endpoint });
  await provider.check?.(contextOf(call, await logIn(call)), request);
}

/** The text of the minted token. */
export function tokenOf({ fields }: Minted): string {
  const { token } = fields;
  return isSecret(token) ? token.reveal() : "";
}

/** The error of a call that must fail. */
export async function errorOf(outcome: Promise<unknown>): Promise<RotateError> {
  const error = await outcome.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason,
  );
  if (isRotateError(error)) return error;
  throw error;
}
