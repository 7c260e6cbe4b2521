import { X509Certificate } from "node:crypto";
import { createCertificateAuthority } from "../../tls/index.ts";
import { allowOnly, textOf, type Call, type RouteReply, type Services } from "../call.ts";
import { goDuration, readLife, refuse } from "../envelope.ts";
import type { Engine } from "../types.ts";

type PkiEngine = Extract<Engine, { readonly type: "pki" }>;
type PkiRole = PkiEngine["roles"][string];

interface Kept {
  readonly notAfter: number;
  readonly revokedAt?: number;
}

/** `issue/:role` signs real certificates; `revoke` takes a serial number of one that was kept. */
export function createPkiEngine(engine: PkiEngine, { now }: Services) {
  const authority = createCertificateAuthority("vault double");
  const kept = new Map<string, Kept>();

  function issue(call: Call, name: string): RouteReply {
    const role = engine.roles[name] ?? refuse(400, `unknown role: ${name}`);
    const { ttl, warnings } = lifeOf(call, role);
    const notAfter = Math.floor((now() + ttl) / 1000) * 1000;
    const notBefore = now() - 30_000;
    const { cert, key } = authority.issue({
      hosts: hostsOf(call, role),
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
    });
    const serial = serialOf(cert);
    if (role.noStore !== true) kept.set(serial, { notAfter });
    const data = {
      certificate: cert.trimEnd(),
      issuing_ca: authority.ca.trimEnd(),
      ca_chain: [authority.ca.trimEnd()],
      private_key: key.trimEnd(),
      private_key_type: "ec",
      serial_number: serial,
      expiration: notAfter / 1000,
      not_before: Math.floor(notBefore / 1000),
    };
    if (role.generateLease !== true) return { data, warnings };
    const withLease = async (): Promise<void> => void kept.set(serial, { notAfter, revokedAt: now() });
    return { data, warnings, secret: { ttl, maxTtl: ttl, renewable: false, revoke: withLease } };
  }

  function revoke(call: Call): RouteReply {
    const serial = textOf(
      call,
      "serial_number",
      "The serial number or certificate to revoke must be provided.",
    ).replaceAll("-", ":");
    const found = kept.get(serial) ?? refuse(400, `certificate with serial ${serial} not found.`);
    if (found.notAfter <= now()) {
      return {
        data: null,
        warnings: [
          `certificate with serial ${serial} already expired; refusing to add to CRL. Enable 'AllowExpiredCertRevocation' to allow revoking expired certificates.`,
        ],
      };
    }
    const revokedAt = found.revokedAt ?? now();
    kept.set(serial, { ...found, revokedAt });
    const data = {
      revocation_time: Math.floor(revokedAt / 1000),
      revocation_time_rfc3339: new Date(revokedAt).toISOString(),
      state: "revoked",
    };
    return { data };
  }

  return async (call: Call, path: string): Promise<RouteReply | undefined> => {
    const [kind, name = ""] = path.split("/");
    if (kind !== "issue" && kind !== "revoke") return undefined;
    allowOnly(call, "update");
    return kind === "issue" ? issue(call, name) : revoke(call);
  };
}

function lifeOf(call: Call, { ttl, maxTtl }: PkiRole): { readonly ttl: number; readonly warnings: readonly string[] } {
  const asked = readLife(call, "ttl") ?? ttl;
  if (asked <= maxTtl) return { ttl: asked, warnings: [] };
  const warning = `TTL "${goDuration(asked)}" is longer than permitted maxTTL "${goDuration(maxTtl)}", so maxTTL is being used`;
  return { ttl: maxTtl, warnings: [warning] };
}

function hostsOf(call: Call, { domains }: PkiRole): readonly [string, ...string[]] {
  const missing =
    'the common_name field is required, or must be provided in a CSR with "use_csr_common_name" set to true, unless "require_cn" is set to false';
  const hosts = [
    textOf(call, "common_name", missing),
    ...textOf(call, "alt_names")
      .split(",")
      .filter((name) => name !== ""),
  ] as const;
  const wrong = hosts.find((host) => !domains.some((domain) => host === domain || host.endsWith(`.${domain}`)));
  return wrong === undefined
    ? [hosts[0], ...hosts.slice(1)]
    : refuse(400, `${wrong === hosts[0] ? "common name" : "subject alternate name"} ${wrong} not allowed by this role`);
}

function serialOf(cert: string): string {
  return new X509Certificate(cert).serialNumber.toLowerCase().replaceAll(/(..)(?=.)/g, "$1:");
}
