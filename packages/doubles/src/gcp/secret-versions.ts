import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { apiError } from "./answers.ts";
import { invalidArgument, noSecret, shownName, type SecretTarget } from "./secret-target.ts";
import type { GcpSecret, GcpSecretVersion } from "./secret-store.ts";
import type { GcpState } from "./state.ts";

const largest = 65_536;

/** CRC-32C bit by bit: slow, and written apart from the plugin's, which it is to find out. */
function castagnoli(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0x82f63b78 & -(sum & 1));
  }
  return ~sum >>> 0;
}

interface Payload {
  readonly payload?: { readonly data?: string; readonly dataCrc32c?: string };
}

/** `POST …:addVersion`. */
export function addVersion({ name }: SecretTarget, { body }: DoubleRequest, { secrets, now }: GcpState): DoubleAnswer {
  const secret = secrets.get(name);
  if (secret === undefined) return noSecret(name);
  const { payload: { data, dataCrc32c: sum } = {} } = JSON.parse(body) as Payload;
  const payload = Buffer.from(data ?? "", "base64");
  if (payload.length > largest) return invalidArgument("The payload is too large: at most 65536 bytes.");
  if (sum !== undefined && Number(sum) !== castagnoli(payload))
    return invalidArgument("The payload does not match the checksum that was given.");
  const number = secret.versions.length + 1;
  const version = { number, payload, state: "ENABLED", createdAt: now() } as const;
  secrets.setVersions(name, [...secret.versions, version]);
  return describe(name, version);
}

function describe(name: string, { number, state }: GcpSecretVersion): DoubleAnswer {
  const body = { name: `${shownName(name)}/versions/${number}`, state, createTime: "2026-01-01T00:00:00.000000Z" };
  return { status: 200, body };
}

/** By number a version is found at once; `latest` and aliases lag. `latest` is the newest one, whatever its state. */
function find({ name, version = "" }: SecretTarget, { secrets, lag }: GcpState): GcpSecretVersion | undefined {
  const now = secrets.get(name);
  if (/^[0-9]+$/.test(version)) return now?.versions.find(({ number }) => String(number) === version);
  const then = secrets.before(name, lag.milliseconds);
  const number = version === "latest" ? then?.versions.at(-1)?.number : Number(then?.aliases[version]);
  return now?.versions.find((one) => one.number === number);
}

function missing(target: SecretTarget, secret: GcpSecret | undefined): DoubleAnswer {
  const { name, version } = target;
  const message =
    secret === undefined || version === "latest"
      ? `Secret [${shownName(name)}] not found or has no versions.`
      : `Secret Version [${shownName(name)}/versions/${version}] not found.`;
  return apiError([404, "NOT_FOUND"], message);
}

/** `GET …/versions/N`. */
export function describeVersion(target: SecretTarget, _request: DoubleRequest, state: GcpState): DoubleAnswer {
  const version = find(target, state);
  return version === undefined ? missing(target, state.secrets.get(target.name)) : describe(target.name, version);
}

function closed({ name }: SecretTarget, { number, state }: GcpSecretVersion): DoubleAnswer {
  const message = `Secret Version [${shownName(name)}/versions/${number}] is in ${state} state.`;
  return apiError([400, "FAILED_PRECONDITION"], message);
}

/** `GET …/versions/N:access`. */
export function access(target: SecretTarget, _request: DoubleRequest, state: GcpState): DoubleAnswer {
  const version = find(target, state);
  if (version === undefined) return missing(target, state.secrets.get(target.name));
  if (version.state !== "ENABLED") return closed(target, version);
  const { payload, number } = version;
  const data = { data: payload.toString("base64"), dataCrc32c: String(castagnoli(payload)) };
  return { status: 200, body: { name: `${shownName(target.name)}/versions/${number}`, payload: data } };
}

/** `POST …/versions/N:disable` or `:destroy`. */
export function closeVersion(to: "DISABLED" | "DESTROYED") {
  return (target: SecretTarget, _request: DoubleRequest, state: GcpState): DoubleAnswer => {
    const version = find(target, state);
    if (version === undefined) return missing(target, state.secrets.get(target.name));
    if (version.state === "DESTROYED") return closed(target, version);
    const next = { ...version, state: to, ...(to === "DESTROYED" && { payload: Buffer.alloc(0) }) };
    const versions = state.secrets.get(target.name)?.versions ?? [];
    state.secrets.setVersions(
      target.name,
      versions.map((one) => (one === version ? next : one)),
    );
    return describe(target.name, next);
  };
}
