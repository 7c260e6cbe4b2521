import { randomUUID } from "node:crypto";
import type { DoubleAnswer } from "../http-double.ts";

/** What a route gives back; instants and lives are already in seconds. */
export interface Reply {
  readonly status?: number;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly lease?: { readonly id: string; readonly seconds: number; readonly renewable: boolean };
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly warnings?: readonly string[];
  /** Members that stand beside those of every success. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

/** An error answer: what the server says instead of a reply. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly string[];
  readonly reply: Reply | undefined;

  constructor(status: number, errors: readonly string[], reply?: Reply) {
    super(`${status} ${errors.join("; ")}`);
    this.status = status;
    this.errors = errors;
    this.reply = reply;
  }
}

/** Ends a request with an error, worded as the server words it. */
export function refuse(status: number, ...errors: readonly string[]): never {
  throw new Refusal(status, errors);
}

/** The server's way of listing what went wrong (go-multierror). */
export function listed(...errors: readonly string[]): string {
  const head = errors.length === 1 ? "1 error occurred:" : `${errors.length} errors occurred:`;
  return `${head}\n${errors.map((error) => `\t* ${error}\n`).join("")}\n`;
}

/** 403 for a token that may not. */
export const permissionDenied = listed("permission denied");
/** 403 for a token that is none. */
export const invalidToken = listed("permission denied", "invalid token");

/** What a request hears whose token is none: the two servers differ. */
export function refusedToken(token: string | undefined, vendor: "vault" | "openbao" = "vault"): string {
  if (vendor === "openbao") return "permission denied";
  return token === undefined ? permissionDenied : invalidToken;
}

/** The eight keys of every success (sdk/logical/translate_response.go). */
export function envelope({ data, lease, auth, warnings, beside }: Reply): Readonly<Record<string, unknown>> {
  return {
    ...beside,
    request_id: randomUUID(),
    lease_id: lease?.id ?? "",
    renewable: lease?.renewable ?? false,
    lease_duration: lease?.seconds ?? 0,
    data: data ?? null,
    wrap_info: null,
    warnings: warnings === undefined || warnings.length === 0 ? null : warnings,
    auth: auth ?? null,
  };
}

/** A reply on the wire: without anything to say, 204. */
export function success(reply: Reply): DoubleAnswer {
  const { data, lease, auth, warnings = [] } = reply;
  const silent = data === undefined && lease === undefined && auth === undefined && warnings.length === 0;
  if (silent) return { status: reply.status ?? 204 };
  return { status: reply.status ?? 200, body: envelope(reply) };
}

/** A refusal on the wire. */
export function failure(refusal: Refusal): DoubleAnswer {
  const body = refusal.reply === undefined ? { errors: refusal.errors } : envelope(refusal.reply);
  return { status: refusal.status, body };
}

/** `1h30m0s`, as Go prints a duration. */
export function goDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}

/** `1h30m`: the same without the parts that are nought at its end. */
export function shortDuration(milliseconds: number): string {
  return goDuration(milliseconds)
    .replace(/(?<=[hm])0s$/, "")
    .replace(/(?<=h)0m$/, "");
}

/** A life as requests write it: `3600`, `"3600"`, `"1h"`, `"90s"`. Milliseconds; undefined when absent or empty. */
export function readLife(
  { data }: { readonly data: Readonly<Record<string, unknown>> },
  field: string,
): number | undefined {
  const value = data[field];
  if (value === undefined || value === null || value === "") return undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null)
    return refuse(
      400,
      `Field validation failed: error converting input for field "${field}": time: invalid duration "${text}"`,
    );
  const [h = 0, m = 0, s = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((h * 60 + m) * 60 + s) * 1000;
}
