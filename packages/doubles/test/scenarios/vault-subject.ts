import { vi } from "vitest";
import { comparable, expectStatus, type Answer, type Comparing } from "./scenario.ts";

/** A server, or the double that stands for it, with the same mounts, roles and policies: see `vault-world.ts`. */
export interface VaultPlace {
  readonly url: string;
  /** Makes a user of the database the owner of something, so that it cannot be dropped. */
  readonly giveProperty: (username: string) => Promise<void>;
  /** A wrapping token for these data. */
  readonly wrap: (data: Readonly<Record<string, unknown>>) => Promise<string>;
}

export interface Ask {
  /** Default: the application's token. Empty: none. */
  readonly token?: string;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Reply = Readonly<Record<string, never>> & {
  readonly lease_id: string;
  readonly data: Readonly<Record<string, string>>;
  readonly auth: { readonly client_token: string };
};

export interface VaultSubject extends VaultPlace {
  /** `GET secret/data/app` and the status that it must have. */
  readonly ask: (route: string, wanted: number, how?: Ask) => Promise<Reply>;
  /** The same, asked until it has that status: for what the server does in its own time. */
  readonly until: (route: string, wanted: number, how?: Ask) => Promise<void>;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** What differs between two servers that are the same. */
export const comparing: Comparing = {
  volatile: new Set([
    "request_id",
    "client_token",
    "accessor",
    "entity_id",
    "id",
    "username",
    "password",
    "creation_time",
    "expire_time",
    "issue_time",
    "last_renewal",
    "created_time",
    "deletion_time",
    "last_vault_rotation",
    "certificate",
    "issuing_ca",
    "private_key",
    "serial_number",
    "expiration",
    "revocation_time",
    "revocation_time_rfc3339",
    "ca_chain",
    "not_before",
    "last_renewal_time",
  ]),
  lives: new Set(["ttl", "lease_duration", "creation_ttl"]),
  parts: [
    [/(creds\/[a-z]+|issue\/[a-z]+)\/[\w-]{20,}/g, "$1/LEASE"],
    [/\bv-[\w-]{20,}/g, "USER"],
    [/\b([0-9a-f]{2}:){7,}[0-9a-f]{2}\b/g, "SERIAL"],
    [/\b(hvs|s|b|hvb)\.[\w-]{20,}/g, "TOKEN"],
    [uuid, "UUID"],
    [/(JSON input: invalid character).*/g, "$1"],
    [/(error verifying token signature: ).*/g, "$1"],
  ],
};

/** Asks a server, checks the status and tells what it answered. */
export function vaultSubject(place: VaultPlace, record: (answer: Answer) => void): VaultSubject {
  function send(route: string, { token = "app-token", body, headers }: Ask): Promise<Response> {
    const [method = "", path = ""] = route.split(" ");
    return fetch(`${place.url}/v1/${path}`, {
      method,
      redirect: "manual",
      headers: { "x-vault-request": "true", ...(token !== "" && { "x-vault-token": token }), ...headers },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  }
  async function ask(route: string, wanted: number, how: Ask = {}): Promise<Reply> {
    const answer = await send(route, how);
    const text = await answer.text();
    const asked = comparable(route, comparing) as string;
    expectStatus(route, { status: answer.status, text, wanted });
    const reply = (text === "" ? {} : JSON.parse(text)) as Reply;
    record({ asked, status: answer.status, body: text === "" ? "" : comparable(reply, comparing) });
    return reply;
  }
  async function until(route: string, wanted: number, how: Ask = {}): Promise<void> {
    await vi.waitUntil(async () => (await send(route, how)).status === wanted, 10_000);
    await ask(route, wanted, how);
  }
  return { ...place, ask, until };
}
