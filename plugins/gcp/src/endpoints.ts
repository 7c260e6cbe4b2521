import { secured } from "@rotate/plugin-kit/tokens";
import type { Options } from "./options.ts";

const hosts = { oauth2: "oauth2", sts: "sts", iamCredentials: "iamcredentials" } as const;

/** The base address of one of Google's services: the option's, else the universe's. Throws INVALID when it would get a secret in the clear. */
export function endpoint(service: keyof typeof hosts, { endpoints = {}, universe }: Options): URL {
  return secured(`endpoints.${service}`, endpoints[service] ?? `https://${hosts[service]}.${universe}`);
}
