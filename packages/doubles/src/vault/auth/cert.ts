import { X509Certificate } from "node:crypto";
import { textOf, type Call, type LoginResult } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AuthMethod, VaultDoubleOptions } from "../types.ts";

type CertMethod = Extract<AuthMethod, { readonly type: "cert" }>;

/** `auth/cert/login`: the certificate is the one of the TLS connection. */
export function createCertLogin(method: CertMethod, vendor: VaultDoubleOptions["vendor"]) {
  return ({ request, ...call }: Call): LoginResult => {
    const name = textOf({ request, ...call }, "name");
    if (request.clientCertificate === undefined) return refuse(400, noCertificate(vendor));
    const certificate = new X509Certificate(request.clientCertificate);
    if (name !== "" && method.roles[name] === undefined) return refuse(400, unknownRole);
    const found = Object.entries(method.roles).find(
      ([role, { commonName }]) => (name === "" || role === name) && certificate.subject === `CN=${commonName}`,
    );
    if (found === undefined)
      return refuse(400, "no chain matching all constraints could be found for this login certificate");
    const [role, settings] = found;
    return { displayName: `cert-${role}`, settings, metadata: metadataOf(role, certificate) };
  };
}

/** A role of that name does not exist: the server asks for no other certificate. */
const unknownRole = "invalid certificate or no client certificate supplied";

function noCertificate(vendor: VaultDoubleOptions["vendor"]): string {
  return vendor === "openbao" ? "no client certificate found" : unknownRole;
}

function metadataOf(role: string, { serialNumber, subject }: X509Certificate): Readonly<Record<string, string>> {
  return {
    cert_name: role,
    common_name: subject.replace(/^CN=/, ""),
    serial_number: BigInt(`0x${serialNumber}`).toString(),
    subject_key_id: "",
    authority_key_id: "",
  };
}
