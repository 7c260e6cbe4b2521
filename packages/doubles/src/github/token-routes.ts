import { randomBytes } from "node:crypto";
import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { githubFaults } from "./answers.ts";
import type { Installation, InstallationToken } from "./types.ts";

const life = 3_600_000;
const ranks = ["read", "write", "admin"];

/** What the routes that mint are made of; `now` is ms since 1970, `tokenLength` is in characters. */
export interface TokenParts {
  readonly now: () => number;
  readonly installations: readonly Installation[];
  readonly suspended: ReadonlySet<number>;
  readonly tokens: Map<string, InstallationToken>;
  readonly issued: InstallationToken[];
  readonly tokenLength: number;
}

interface Asked {
  readonly repositories?: readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
}

/** `POST /app/installations/ID/access_tokens`. */
export function createToken(id: number, request: DoubleRequest, parts: TokenParts): DoubleAnswer {
  const installation = parts.installations.find((one) => one.id === id);
  if (installation === undefined) return githubFaults.notFound;
  if (parts.suspended.has(id)) return githubFaults.suspended;
  const asked = parse(request.body);
  if (asked === undefined) return githubFaults.invalidRequest;
  const refusal = refusalOf(asked, installation);
  return refusal ?? issue(asked, installation, parts);
}

function parse(body: string): Asked | undefined {
  try {
    const value: unknown = JSON.parse(body === "" ? "{}" : body);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusalOf(
  { repositories = [], permissions = {} }: Asked,
  installation: Installation,
): DoubleAnswer | undefined {
  if (repositories.some((name) => !installation.repositories.includes(name))) return githubFaults.repositoryMissing;
  const excess = Object.entries(permissions).some(
    ([name, rank]) => ranks.indexOf(rank) > ranks.indexOf(installation.permissions[name] ?? ""),
  );
  return excess ? githubFaults.permissionNotGranted : undefined;
}

function issue({ repositories, permissions }: Asked, installation: Installation, parts: TokenParts): DoubleAnswer {
  const token = `ghs_${randomBytes(parts.tokenLength)
    .toString("hex")
    .slice(0, parts.tokenLength - 4)}`;
  const record: InstallationToken = {
    installation: installation.id,
    repositories: repositories ?? installation.repositories,
    permissions: permissions ?? installation.permissions,
    expiresAt: Math.floor((parts.now() + life) / 1000) * 1000,
  };
  parts.tokens.set(token, record);
  parts.issued.push(record);
  const body = {
    token,
    expires_at: new Date(record.expiresAt).toISOString().replace(".000Z", "Z"),
    permissions: record.permissions,
    repository_selection: repositories === undefined ? "all" : "selected",
  };
  return { status: 201, body };
}

/** The token that a request shows, while it lives. */
export function shownToken(request: DoubleRequest): string {
  return /^(?:[Bb]earer|token) (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "";
}
