import { type ExecAnswer, invalid, meanings, RotateError } from "@rotate/plugin-kit";
import { parseObject, requiredAt } from "../document.ts";
import type { Format } from "./format.ts";

/** What helpers print on standard output, with exit 1, when they know nothing of the registry (docker/docker-credential-helpers, credentials/error.go). */
const notFound = "credentials not found in native keychain";

/** A Docker credential helper: `… get`, the registry on standard input, {ServerURL, Username, Secret} back. It never says when the secret ends. */
export const dockerCredentialHelper: Format = {
  fields: () => ({
    username: { secret: false, description: "The user, or <token> for an identity token." },
    password: { secret: true, description: "The helper's Secret." },
  }),
  call({ server }) {
    if (server !== undefined && server !== "") return { args: ["get"], stdin: server };
    throw invalid("no registry is given", "set `server` in the request");
  },
  parse: parseObject,
  read(document, { secret }) {
    return {
      username: requiredAt(document, "/Username"),
      password: secret(requiredAt(document, "/Secret"), "password"),
    };
  },
  expires: () => undefined,
  refusal,
};

function refusal({ stdout }: ExecAnswer): RotateError | undefined {
  if (stdout.trim() !== notFound) return undefined;
  return new RotateError("the helper has no credentials for the registry", {
    ...meanings.missing,
    hint: "log in once (docker login), or correct `server`",
  });
}
