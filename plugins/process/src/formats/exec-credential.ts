import { badAnswer } from "@rotate/plugin-kit";
import { parseObject, textAt } from "../document.ts";
import { instant } from "../expiry.ts";
import { type Format, present } from "./format.ts";

/** A Kubernetes client-go credential plugin: ExecCredential in KUBERNETES_EXEC_INFO, and the same kind back with a `status` (client.authentication.k8s.io/v1). */
export const execCredential: Format = {
  fields: () => ({
    token: { secret: true, optional: true, description: "The bearer token." },
    clientCertificateData: {
      secret: false,
      optional: true,
      multiline: true,
      description: "The client certificate, PEM.",
    },
    clientKeyData: { secret: true, optional: true, multiline: true, description: "Its private key, PEM." },
  }),
  call({ apiVersion }) {
    const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
    return { env: { KUBERNETES_EXEC_INFO: JSON.stringify(info) } };
  },
  parse(stdout, { apiVersion }) {
    const document = parseObject(stdout);
    if (document["kind"] !== "ExecCredential")
      throw badAnswer("the output is not an ExecCredential", "check its `kind`");
    if (document["apiVersion"] === apiVersion) return document;
    throw badAnswer(
      `the output is not of ${apiVersion}`,
      "set `apiVersion` to the version that the command answers in",
    );
  },
  read(document, { secret }) {
    const token = textAt(document, "/status/token");
    const key = textAt(document, "/status/clientKeyData");
    const certificate = textAt(document, "/status/clientCertificateData");
    if ((key === undefined) !== (certificate === undefined)) {
      throw badAnswer("the output has half of a client certificate and key", "the command must print both or neither");
    }
    if (token === undefined && key === undefined) {
      throw badAnswer("the output has neither token nor client certificate", "it belongs into `status`");
    }
    return present({
      token: token === undefined ? undefined : secret(token, "token"),
      clientCertificateData: certificate,
      clientKeyData: key === undefined ? undefined : secret(key, "clientKeyData"),
    });
  },
  expires(document) {
    const expiration = textAt(document, "/status/expirationTimestamp");
    return expiration === undefined ? undefined : instant(expiration);
  },
};
