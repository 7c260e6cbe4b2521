import { isIP } from "node:net";
import { UsageError } from "../failure.ts";

/** Where something listens. */
export interface Address {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** `127.0.0.1:9465`, `[::1]:9465`, `localhost:9465`; `9465` alone is on this machine only. Throws UsageError. @param flag for the message: `listen` */
export function readAddress(flag: string, text: string): Address {
  const [, bracketed, plain, digits = ""] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "127.0.0.1";
  const port = Number(digits);
  if (digits === "" || port > 65_535 || host === "" || (bracketed !== undefined && isIP(bracketed) !== 6))
    throw new UsageError(
      `--${flag} takes an address and a port`,
      `127.0.0.1:9465 is on this machine only, 0.0.0.0:9465 for everybody`,
    );
  return { host, port };
}

/** Can only this machine reach it? */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** For people, and for a browser. */
export function urlOf({ host, port }: Address, scheme: "http" | "https"): string {
  return `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
