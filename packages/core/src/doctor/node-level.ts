import type { Finding } from "./finding.ts";

/**
 * The first version of each line without a published weakness: the security releases of 2026-10-21 (nodejs.org/en/blog/vulnerability), which closed remote code
 * execution by Brotli (CVE-2026-111497) and ways around the check of a server's name in TLS (CVE-2026-105483, CVE-2026-106069).
 */
const safe: Readonly<Record<string, readonly [number, number]>> = { 22: [23, 4], 24: [22, 1], 26: [12, 1] };
const lastLine = 26;

/** A Node with a known weakness, or of a line that gets no releases any more. @param version without a `v` */
export function weakNode(version: string): Finding | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const level = safe[String(major)];
  if (major > lastLine || (level !== undefined && isFrom([minor, patch], level))) return undefined;
  const wanted = level === undefined ? [24, ...(safe["24"] ?? [])] : [major, ...level];
  const why = level === undefined ? "this line gets no security releases" : "this version has published weaknesses";
  return {
    code: "ROTATE_RISK_NODE",
    severity: "warning",
    about: `Node ${version}`,
    message: why,
    remedy: `run rotate by Node ${wanted.join(".")} or later (https://nodejs.org/en/download); where your distribution mends its Node and keeps the number: --ignore ROTATE_RISK_NODE`,
  };
}

function isFrom(
  [minor, patch]: readonly [number, number],
  [leastMinor, leastPatch]: readonly [number, number],
): boolean {
  return minor > leastMinor || (minor === leastMinor && patch >= leastPatch);
}
