import type { LocalPlace, PartScope } from "@rotate/plugin-kit";
import type { AwsContext, Connection, Credentials } from "../options.ts";
import { profileFiles, profileName, readProfiles } from "./profile.ts";
import { splitWords } from "./words.ts";

type Env = AwsContext["env"];

/** The files that the keys are read from, and in the shared ones the profile. */
export function sourcePlaces({ credentials = { source: "default" } }: Connection, env: Env): readonly LocalPlace[] {
  switch (credentials.source) {
    case "profile":
      return profilePlaces(credentials, env);
    case "default":
      return [...profilePlaces({}, env), ...tokenPlaces(env)];
    case "container":
      return tokenPlaces(env);
    case "environment":
    case "github-oidc":
    case "instance":
    case "keys":
    case "web-identity":
      return [];
  }
}

type Named = Omit<Extract<Credentials, { readonly source: "profile" }>, "source">;

function profilePlaces(named: Named, env: Env): readonly LocalPlace[] {
  const { config, credentials } = profileFiles(named, env);
  const name = profileName(named.profile, env);
  return [
    { path: config, section: name === "default" ? name : `profile ${name}` },
    { path: credentials, section: name },
  ];
}

function tokenPlaces({
  AWS_WEB_IDENTITY_TOKEN_FILE: identity,
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: container,
}: Env): readonly LocalPlace[] {
  return [identity, container].flatMap((path) => (path ? [{ path }] : []));
}

/** Keys and tokens by reference can be read wherever the reference can; all else is of this machine. */
export function sourceScope({ credentials }: Connection): PartScope {
  return credentials?.source === "keys" || credentials?.source === "web-identity" ? "anywhere" : "host";
}

/** The profiles that a profile takes its credentials from, and the token files and programs that it names. */
export async function followedPlaces(ctx: AwsContext): Promise<readonly LocalPlace[]> {
  const { credentials = { source: "default" } } = ctx.options;
  if (credentials.source !== "profile" && credentials.source !== "default") return [];
  const named: Named = credentials.source === "profile" ? credentials : {};
  const profiles = await readProfiles(named, ctx);
  const seen = new Set<string>();
  for (let next: string | undefined = profileName(named.profile, ctx.env); next !== undefined && !seen.has(next);) {
    seen.add(next);
    next = profiles.get(next)?.["source_profile"];
  }
  return [...seen].flatMap((profile) => {
    const settings = profiles.get(profile) ?? {};
    const { web_identity_token_file: token, credential_process: process } = settings;
    const files = [token, process === undefined ? undefined : splitWords(process)[0]];
    const absolute = files.flatMap((path) => (path?.startsWith("/") === true ? [{ path }] : []));
    return [...profilePlaces({ ...named, profile }, ctx.env), ...absolute];
  });
}
