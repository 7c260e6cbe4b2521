import type { Runtime } from "@rotate/runtime";
import { formatDuration, proxyFor } from "@rotate/runtime";
import type { Finding } from "./finding.ts";

/** Who was asked in the course of the checks, and how far this machine's clock is from theirs. */
export interface Asked {
  /** Hosts with their ports, and the URL that each was first asked at. */
  readonly hosts: ReadonlyMap<string, URL>;
  /** By host: ms that this machine is ahead. */
  readonly skews: ReadonlyMap<string, number>;
  /** The runtime, listened to. */
  readonly runtime: Runtime;
}

/** Listens to what a runtime asks by the way the environment says. */
export function listening(given: Runtime, skews: ReadonlyMap<string, number>): Asked {
  const hosts = new Map<string, URL>();
  const http: Runtime["http"] = (target, init, signal) => {
    const url = URL.parse(String(target));
    const isByEnvironment = init.proxy === undefined && init.socketPath === undefined;
    if (url !== null && isByEnvironment && !hosts.has(url.host)) hosts.set(url.host, url);
    return given.http(target, init, signal);
  };
  return { hosts, skews, runtime: { ...given, http } };
}

/** The alarms on metrics have the same limit (docs/monitoring). ms */
const tolerated = 60_000;

/** Whose clocks say another time than this machine's. */
export function clockFindings({ skews }: Pick<Asked, "skews">): readonly Finding[] {
  return [...skews].flatMap(([host, skew]) => {
    if (Math.abs(skew) <= tolerated) return [];
    const way = skew > 0 ? "ahead of" : "behind";
    return [
      {
        code: "ROTATE_RISK_CLOCK",
        severity: "warning",
        about: host,
        message: `this machine's clock is ${formatDuration(Math.round(Math.abs(skew) / 1000) * 1000)} ${way} that of ${host}`,
        remedy:
          "let the time be kept (`timedatectl set-ntp true`, or chrony), and see that it is: lives are short, and signed logins are refused",
      },
    ];
  });
}

const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"] as const;

/** Proxies that nobody can use, that are named twice, and hosts near by that are asked through one. */
export function proxyFindings({ hosts }: Pick<Asked, "hosts">, env: Runtime["env"]): readonly Finding[] {
  return [
    ...names.flatMap((name) => unlikeTwins(name, env)),
    ...names.slice(0, 2).flatMap((name) => [name, name.toLowerCase()].flatMap((one) => badProxy(one, env[one]))),
    ...[...hosts.values()].flatMap((url) => (isNear(url) && proxyFor(url, env) ? [roundabout(url)] : [])),
  ];
}

function unlikeTwins(name: string, env: Runtime["env"]): readonly Finding[] {
  const [upper, lower] = [env[name], env[name.toLowerCase()]];
  if (!upper || !lower || upper === lower) return [];
  return [
    {
      code: "ROTATE_RISK_PROXY",
      severity: "warning",
      about: name,
      message: `${name} and ${name.toLowerCase()} are not the same: rotate and Node take the lower-case one, other programs the other`,
      remedy: `set both alike, or \`unset ${name}\``,
    },
  ];
}

function badProxy(name: string, value: string | undefined): readonly Finding[] {
  const protocol = value ? URL.parse(value)?.protocol : "http:";
  if (protocol === "http:" || protocol === "https:") return [];
  return [
    {
      code: "ROTATE_RISK_PROXY",
      severity: "error",
      about: name,
      message: `${name} is not the URL of an HTTP proxy`,
      remedy: `write it like http://proxy.example.com:3128, or \`unset ${name}\``,
    },
  ];
}

function roundabout({ hostname }: URL): Finding {
  return {
    code: "ROTATE_RISK_PROXY",
    severity: "warning",
    about: hostname,
    message: `${hostname} is near by and is asked through the proxy, which cannot reach it or should not see it`,
    remedy: `name it in NO_PROXY: \`export NO_PROXY="\${NO_PROXY:+$NO_PROXY,}${hostname.replace(/^\[|\]$/g, "")}"\``,
  };
}

/** This machine, private networks (RFC 1918, RFC 4193), and names that no public zone has (RFC 6761, RFC 6762, ICANN's .internal). */
function isNear({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const family = isIP(host);
  if (family === 0) return !host.includes(".") || /\.(localhost|local|internal|svc|cluster\.local)$/.test(host);
  const near = new BlockList();
  for (const [subnet, prefix] of [
    ["127.0.0.0", 8],
    ["10.0.0.0", 8],
    ["172.16.0.0", 12],
    ["192.168.0.0", 16],
  ] as const)
    near.addSubnet(subnet, prefix, "ipv4");
  near.addSubnet("fc00::", 7, "ipv6");
  near.addAddress("::1", "ipv6");
  return near.check(host, family === 6 ? "ipv6" : "ipv4");
}
