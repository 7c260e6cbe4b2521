import type { LocalPlace, PartScope } from "@rotate/plugin-kit";
import type { AwsContext, Connection, Credentials } from "../options.ts";
import { profileFiles, profileName } from "./profile.ts";

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

function profilePlaces(
  named: Omit<Extract<Credentials, { readonly source: "profile" }>, "source">,
  env: Env,
): readonly LocalPlace[] {
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
