import { X509Certificate } from "node:crypto";
import { textOf, type Call, type LoginResult } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AuthMethod } from "../types.ts";

type CertMethod = Extract<AuthMethod, { readonly type: "cert" }>;

/** `auth/cert/login`: the certificate is the one of the TLS connection. */
export function createCertLogin(method: CertMethod) {
  return ({ request, ...call }: Call): LoginResult => {
    const name = textOf({ request, ...call }, "name");
    if (request.clientCertificate === undefined) {
      return refuse(400, "invalid certificate or no client certificate supplied");
    }
    const subject = new X509Certificate(request.clientCertificate).subject;
    const found = Object.entries(method.roles).find(
      ([role, { commonName }]) => (name === "" || role === name) && subject === `CN=${commonName}`,
    );
    if (found === undefined)
      return refuse(400, "no chain matching all constraints could be found for this login certificate");
    return { displayName: `cert-${found[0]}`, settings: found[1], metadata: { cert_name: found[0] } };
  };
}
