/** The protocol of git's credential helpers. https://git-scm.com/docs/git-credential#IOFMT */
import type { HelperLogin } from "./helper-login.ts";

/** What git says of the credential that it wants, or that was refused. */
export type GitQuestion = Readonly<Record<string, string>>;

/** GitHub and GitLab take any name beside a token; GitHub's own is this. */
const anybody = "x-access-token";

/** Reads the lines of standard input; of a key that stands twice the last one. */
export function readGitQuestion(text: string): GitQuestion {
  const pairs = text.split("\n").flatMap((line) => {
    const cut = line.indexOf("=");
    return cut === -1 ? [] : [[line.slice(0, cut), line.slice(cut + 1)] as const];
  });
  return Object.fromEntries(pairs);
}

/** Is it asked for this host, and over TLS? To nobody else anything is said, and git asks the next helper. */
export function isForHost({ protocol, host }: GitQuestion, ours: string): boolean {
  return protocol === "https" && host?.toLowerCase() === ours.toLowerCase();
}

/** `get`. From git 2.40 on a password is not used after its end. */
export function gitAnswer({ user = anybody, password, expiresAt }: HelperLogin): string {
  const ends = expiresAt === undefined ? "" : `password_expiry_utc=${Math.floor(Date.parse(expiresAt) / 1000)}\n`;
  return `username=${user}\npassword=${password}\n${ends}`;
}
