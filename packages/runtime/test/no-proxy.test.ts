import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDirect } from "../src/no-proxy.ts";

function direct(url: string, list: string | undefined): boolean {
  return isDirect(new URL(url), list);
}

describe("what NO_PROXY names is reached directly", () => {
  test.each([
    ["the API server of a cluster, by its network", "https://10.96.0.1:443", "localhost,10.96.0.0/12", true],
    ["an address of another network", "https://10.112.0.1", "10.96.0.0/12", false],
    ["an address", "https://10.0.0.1:6443", "10.0.0.1", true],
    ["an address with the port", "https://10.0.0.1:6443", "10.0.0.1:6443", true],
    ["an address with another port", "https://10.0.0.1", "10.0.0.1:6443", false],
    ["the usual port, which no URL shows", "https://10.0.0.1", "10.0.0.1:443", true],
    ["a network of IPv6", "https://[fd00:10::1]", "fd00:10::/32", true],
    ["an address of IPv6 with a port", "http://[::1]:8080", "[::1]:8080", true],
    ["a name, and what is below it", "https://api.svc.cluster.local", "cluster.local", true],
    ["the name itself", "https://cluster.local", "cluster.local", true],
    ["what is below a name with a dot before it", "https://api.cluster.local", ".cluster.local", true],
    ["what is below a name with a star before it", "https://api.cluster.local", "*.cluster.local", true],
    ["a name that only ends alike", "https://notcluster.local", "cluster.local", false],
    ["a name in capitals, after a space", "https://vault.internal", "localhost, VAULT.internal", true],
    ["a name, where only networks are listed", "https://vault.internal", "10.0.0.0/8", false],
    ["everything", "https://anywhere.example", "*", true],
    ["a network that is none", "https://10.0.0.1", "10.0.0.0/33,10.0.0.0/x,/8", false],
    ["anything, where nothing is listed", "https://10.0.0.1", "", false],
    ["anything, where the variable is not set", "https://10.0.0.1", undefined, false],
  ])("%s", (_name, url, list, expected) => {
    expect(direct(url, list)).toBe(expected);
  });
});

function dotted(bits: number): string {
  return [24, 16, 8, 0].map((by) => (bits >>> by) & 255).join(".");
}

test("a network holds just the addresses that begin with its bits", () => {
  const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const property = fc.property(address, address, fc.integer({ min: 0, max: 32 }), (host, near, length) => {
    const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
    // Half of the networks begin as the address does.
    const network = near % 2 === 0 ? near : ((host & mask) | (near & ~mask)) >>> 0;
    expect(direct(`http://${dotted(host)}`, `${dotted(network)}/${length}`)).toBe(
      (host & mask) >>> 0 === (network & mask) >>> 0,
    );
  });
  fc.assert(property);
});

test("whatever stands in the variable, it is read", () => {
  const property = fc.property(fc.string(), (list) => {
    expect(direct("https://10.0.0.1", list)).toBeTypeOf("boolean");
  });
  fc.assert(property);
});
