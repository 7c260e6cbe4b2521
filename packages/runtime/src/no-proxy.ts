/** Loaded when it is needed: most processes ask nobody. */
function net(): typeof import("node:net") {
  return process.getBuiltinModule("node:net");
}

/**
 * Does NO_PROXY say that this host is reached directly? Read as curl and Go's net/http do (golang.org/x/net/http/httpproxy): names with all below them, addresses, networks
 * (`10.0.0.0/8`), each with or without a port, and `*`. Ranges (`10.0.0.1-10.0.0.9`), which only Node knows, are left to it.
 */
export function isDirect(url: URL, list: string | undefined): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  const entries = (list ?? "").toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== "" && (entry === "*" || fits(entry, host, port)));
}

/** The proxy by which the environment has this address asked; undefined: directly. Node prefers the lower-case names. */
export function proxyFor(url: URL, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (isDirect(url, env["no_proxy"] || env["NO_PROXY"])) return undefined;
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  return env[name.toLowerCase()] || env[name] || undefined;
}

function fits(entry: string, host: string, port: string): boolean {
  const [, named = entry, only] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const name = named.replace(/^\[|\]$/g, "");
  return net().isIP(host) === 0 ? isBelow(host, name) : isWithin(host, name);
}

/** `.example.com` and `*.example.com` are all below it, `example.com` is itself as well. */
function isBelow(host: string, name: string): boolean {
  const suffix = name.replace(/^\*?\./, "");
  return suffix !== "" && (host.endsWith(`.${suffix}`) || (host === suffix && suffix === name));
}

function isWithin(address: string, network: string): boolean {
  const [subnet = "", prefix] = network.split("/");
  const family = net().isIP(subnet);
  if (family === 0) return false;
  const longest = family === 6 ? 128 : 32;
  const length = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity;
  if (length > longest) return false;
  const { BlockList, isIP } = net();
  const block = new BlockList();
  block.addSubnet(subnet, length, typeOf(family));
  return block.check(address, typeOf(isIP(address)));
}

function typeOf(family: number): "ipv4" | "ipv6" {
  return family === 6 ? "ipv6" : "ipv4";
}
