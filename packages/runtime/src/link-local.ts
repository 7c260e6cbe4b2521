import type { LookupFunction } from "node:net";
import { RotateError } from "@rotate/plugin-kit";

/**
 * Addresses that no request of a user's choosing may reach: link-local (RFC 3927, RFC 4291), where clouds serve credentials to whoever asks, the metadata services elsewhere
 * (AWS fd00:ec2::254, GCP fd20:ce::254, Alibaba 100.100.100.200, Azure 168.63.129.16), the same behind NAT64 (RFC 6052), and the unspecified address.
 */
const refusedSubnets = [
  ["0.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["100.100.100.200", 32, "ipv4"],
  ["168.63.129.16", 32, "ipv4"],
  ["::", 128, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fd00:ec2::254", 128, "ipv6"],
  ["fd20:ce::254", 128, "ipv6"],
  ["64:ff9b::a9fe:0", 112, "ipv6"],
] as const;

type Lookup = typeof import("node:dns").lookup;

function refusal(host: string, address: string): RotateError {
  const where = host === address ? host : `${host} (${address})`;
  return new RotateError(`will not connect to ${where}: a link-local or metadata address`, {
    code: "INVALID",
    retryable: false,
    hint: "use the address that the receiver has on its network; if a name leads here, find out who controls it",
  });
}

/** True for an address that is refused, IPv4-mapped ones among them. @param address an IP address as text */
export function isLinkLocal(address: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const refused = new BlockList();
  for (const [subnet, prefix, family] of refusedSubnets) refused.addSubnet(subnet, prefix, family);
  return refused.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** Refuses (INVALID) a URL whose host is itself such an address: for those nothing is looked up. @param hostname without brackets */
export function checkLiteral(hostname: string): void {
  const { isIP } = process.getBuiltinModule("node:net");
  if (isIP(hostname) !== 0 && isLinkLocal(hostname)) throw refusal(hostname, hostname);
}

/** A lookup that fails (INVALID) when a name leads to such an address. The socket connects to the very addresses that were looked at, so a second answer of DNS cannot get around it. */
export function guardedLookup(lookup: Lookup = process.getBuiltinModule("node:dns").lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const bad = found.find(({ address }) => isLinkLocal(address));
      if (bad !== undefined) return callback(refusal(hostname, bad.address), []);
      const [first] = found;
      if (options.all === true || first === undefined) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}
