import type { Request } from "../request.ts";
import { awsCredentialProcess } from "./aws-credential-process.ts";
import { dockerCredentialHelper } from "./docker-credential-helper.ts";
import { execCredential } from "./exec-credential.ts";
import type { Format } from "./format.ts";
import { json } from "./json.ts";
import { rotate } from "./rotate.ts";
import { token } from "./token.ts";

/** Every format by its word in the spec. */
export const formats: Readonly<Record<Request["format"], Format>> = {
  json,
  token,
  rotate,
  "aws-credential-process": awsCredentialProcess,
  "exec-credential": execCredential,
  "docker-credential-helper": dockerCredentialHelper,
};
