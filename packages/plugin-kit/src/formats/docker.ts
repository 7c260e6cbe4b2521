/** The protocol of docker's credential helpers. https://github.com/docker/docker-credential-helpers */
import { invalid } from "../errors.ts";
import type { HelperLogin } from "./helper-login.ts";

/** What docker takes for "I have none", on standard output, with exit code 1. */
export const dockerUnknown = "credentials not found in native keychain";

/** Is that the registry? `asked` is what docker writes: `https://index.docker.io/v1/`, `registry.example.com`. */
export function isSameRegistry(asked: string, host: string): boolean {
  return bare(asked) === bare(host);
}

/** `list`: whom there is something for. */
export function dockerList({ host, user = "" }: Pick<HelperLogin, "host" | "user">): string {
  return `${JSON.stringify({ [host]: user })}\n`;
}

/** `get`. Throws INVALID without a user's name: docker would take the password for a token of its own kind. */
export function dockerAnswer({ host, user, password }: HelperLogin): string {
  if (user === undefined)
    throw invalid("docker wants a user's name, and the credential has none", "say it with --user");
  return `${JSON.stringify({ ServerURL: host, Username: user, Secret: password })}\n`;
}

function bare(server: string): string {
  const [host = ""] = server
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .split("/");
  return host.toLowerCase();
}
