import { badAnswer } from "@rotate/plugin-kit";
import { parseObject, requiredAt, textAt } from "../document.ts";
import { instant } from "../expiry.ts";
import { type Format, present } from "./format.ts";

/** AWS `credential_process`: {Version: 1, AccessKeyId, SecretAccessKey, SessionToken?, Expiration?} (AWS SDKs and Tools Reference Guide, "Process credential provider"). */
export const awsCredentialProcess: Format = {
  fields: () => ({
    accessKeyId: { secret: false, description: "The access key's id." },
    secretAccessKey: { secret: true, description: "The access key's secret." },
    sessionToken: { secret: true, optional: true, description: "The session token of temporary credentials." },
  }),
  parse(stdout) {
    const document = parseObject(stdout);
    if (document["Version"] === 1) return document;
    throw badAnswer("the output is not version 1 of credential_process", 'it needs "Version": 1');
  },
  read(document, { secret }) {
    const sessionToken = textAt(document, "/SessionToken");
    return present({
      accessKeyId: requiredAt(document, "/AccessKeyId"),
      secretAccessKey: secret(requiredAt(document, "/SecretAccessKey"), "secretAccessKey"),
      sessionToken: sessionToken === undefined ? undefined : secret(sessionToken, "sessionToken"),
    });
  },
  expires(document) {
    const expiration = textAt(document, "/Expiration");
    return expiration === undefined ? undefined : instant(expiration);
  },
};
