/** Where secrets of Actions are: a repository, an environment of it, or an organisation. `repos/acme/app`, `repos/acme/app/environments/production`, `orgs/acme`. */
export type SecretPlace = string;

/** A secret of Actions as GitHub keeps it. */
export interface ActionsSecret {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Of an organisation's secret. */
  readonly visibility?: "all" | "private" | "selected";
  readonly repositories?: readonly number[];
}

interface Pair {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** The secrets and the keys that they are encrypted for. */
export interface SecretStore {
  readonly get: (place: SecretPlace, name: string) => ActionsSecret | undefined;
  readonly count: (place: SecretPlace) => number;
  readonly set: (place: SecretPlace, name: string, secret: ActionsSecret) => void;
  readonly keyOf: (place: SecretPlace) => Promise<{ readonly id: string; readonly key: string }>;
  /** What is in a sealed box for the key of the place; undefined when it cannot be opened. */
  readonly open: (place: SecretPlace, box: string) => Promise<string | undefined>;
  readonly renewKey: (place: SecretPlace) => void;
}

/** Boxes are opened by libsodium itself, which GitHub names as the one to seal them with; it is loaded with the first key. */
export function createSecretStore(): SecretStore {
  const secrets = new Map<string, ActionsSecret>();
  const pairs = new Map<SecretPlace, Pair>();
  let made = 568_250_167_242_549;

  async function pairOf(place: SecretPlace): Promise<Pair> {
    const kept = pairs.get(place);
    if (kept !== undefined) return kept;
    made += 1;
    const pair = { ...(await libsodium()).crypto_box_keypair(), id: String(made) };
    pairs.set(place, pair);
    return pair;
  }
  const idOf = (place: SecretPlace, name: string): string => `${place.toLowerCase()} ${name.toUpperCase()}`;

  return {
    get: (place, name) => secrets.get(idOf(place, name)),
    count: (place) => [...secrets.keys()].filter((id) => id.startsWith(`${place.toLowerCase()} `)).length,
    set: (place, name, secret) => void secrets.set(idOf(place, name), secret),
    async keyOf(place) {
      const { id, publicKey } = await pairOf(place);
      return { id, key: Buffer.from(publicKey).toString("base64") };
    },
    async open(place, box) {
      const { publicKey, privateKey } = await pairOf(place);
      const { crypto_box_seal_open: unseal } = await libsodium();
      try {
        return Buffer.from(unseal(Buffer.from(box, "base64"), publicKey, privateKey)).toString();
      } catch {
        return undefined;
      }
    },
    renewKey: (place) => void pairs.delete(place),
  };
}

async function libsodium() {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  return sodium;
}
