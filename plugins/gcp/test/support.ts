import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Login, Minted, Provider } from "@rotate/plugin-kit";
import {
  createGcpDouble,
  createGithubOidcDouble,
  type GcpDouble,
  type GcpDoubleOptions,
  type GithubOidcDouble,
  type PoolProvider,
} from "@rotate/doubles";
import { createFakeClock, type FakeClock, type ProviderCall, providerCalls, secretRef } from "@rotate/testkit";
import { onTestFinished } from "vitest";
import plugin from "@rotate/plugin-gcp";

export const app = "app@acme.iam.gserviceaccount.com";
export const middle = "middle@acme.iam.gserviceaccount.com";
export const target = "target@acme.iam.gserviceaccount.com";
export const accounts = [app, target, middle];
export const person = {
  email: "ada@example.com",
  clientId: "764086051850.apps.googleusercontent.com",
  clientSecret: "d-FL95Q19q7MQmFpd7hHD0Ty",
  refreshToken: "1//0g-refresh-token-of-ada",
};
export const pool = "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/providers/github";
export const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
export const sqlLogin = "https://www.googleapis.com/auth/sqlservice.login";

export const provider: Provider = plugin.providers[0] ?? missing();

function missing(): never {
  throw new TypeError("the plugin offers no provider");
}

const calls = providerCalls(provider);

/** A Google Cloud with a clock of its own. */
export interface Cloud {
  readonly gcp: GcpDouble;
  readonly clock: FakeClock;
  /** A call from a workload of that cloud. `source` is the provider's option. */
  readonly call: (source: object, more?: Partial<ProviderCall>) => ProviderCall;
  readonly mint: (source: object, more?: Partial<ProviderCall>) => Promise<Minted>;
  readonly check: (source: object, more?: Partial<ProviderCall>) => Promise<void>;
  readonly logIn: (source: object, more?: Partial<ProviderCall>) => Promise<Login>;
}

export async function cloud(options: GcpDoubleOptions = {}, clock = newClock()): Promise<Cloud> {
  const gcp = await createGcpDouble({ now: clock.now, accounts, people: [person], ...options });
  onTestFinished(gcp.close);

  function call(source: object, { options: more, env, ...rest }: Partial<ProviderCall> = {}): ProviderCall {
    const { PATH, HOME } = process.env;
    return {
      options: { source, endpoints: gcp.endpoints, ...more },
      env: { PATH, HOME, ...gcp.env, ...env },
      now: clock.now,
      ...rest,
    };
  }
  return {
    gcp,
    clock,
    call,
    mint: (source, more) => calls.mint(call(source, more)),
    check: (source, more) => calls.check(call(source, more)),
    logIn: (source, more) => calls.logIn(call(source, more)),
  };
}

function newClock(): FakeClock {
  return createFakeClock({ start: Math.floor(Date.now() / 1000) * 1000 });
}

/** A cloud that trusts an issuer of identities, as GitHub's is to its jobs. */
export async function federatedCloud(
  trust: Partial<PoolProvider> = {},
  options: GcpDoubleOptions = {},
): Promise<Cloud & { readonly github: GithubOidcDouble }> {
  const clock = newClock();
  const github = await createGithubOidcDouble({ now: clock.now });
  onTestFinished(github.close);
  const trusted = { audience: pool, issuer: github.issuer, key: github.key, ...trust };
  return { ...(await cloud({ pools: [trusted], ...options }, clock)), github };
}

export function keyOf({ keyFile }: GcpDouble, email = app) {
  return { method: "service-account", key: secretRef(keyFile(email)) };
}

export function userOf({ userFile }: GcpDouble) {
  return { method: "authorized-user", credentials: secretRef(userFile(person.email)) };
}

export function federated(subject: object) {
  return { method: "workload-identity", audience: pool, subject };
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "rotate-gcp-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A program of this directory that runs `script` in a shell; its path. */
export async function program(directory: string, script: string): Promise<string> {
  const path = join(directory, "program");
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o700 });
  return path;
}
