import { githubIdentity } from "@rotate/plugin-kit/tokens";
import type { AwsContext, Credentials } from "../options.ts";
import { environmentIdentity, environmentKey } from "./environment.ts";
import { containerKey, instanceKey, noKeyHere } from "./metadata.ts";
import { profileName, profileSource, readProfiles } from "./profile.ts";
import type { Source } from "./types.ts";

export { followedPlaces, sourcePlaces, sourceScope } from "./facts.ts";
export { keyOf } from "./role.ts";
export { isTemporary, type KeySource, type Source } from "./types.ts";

/** Who we are, by the spec's `credentials`. Nothing is kept: the next attempt reads its source anew. */
export async function readSource(ctx: AwsContext): Promise<Source> {
  const { credentials = { source: "default" } } = ctx.options;
  return (await namedSource(credentials, ctx)) ?? nothingIn(credentials);
}

async function namedSource(named: Credentials, ctx: AwsContext): Promise<Source | undefined> {
  switch (named.source) {
    case "default":
      return defaultChain(ctx);
    case "keys":
      return givenKey(named, ctx);
    case "environment":
      return environmentKey(ctx);
    case "profile":
      return profileSource(profileName(named.profile, ctx.env), { profiles: await readProfiles(named, ctx) }, ctx);
    case "web-identity":
      return identity(named, { token: await ctx.resolve(named.token), from: "the identity token" });
    case "github-oidc":
      return identity(named, { token: await githubIdentity(named.audience, ctx), from: "the GitHub Actions job" });
    case "container":
      return containerKey(ctx);
    case "instance":
      return instanceKey(ctx);
  }
}

/** The order of the AWS SDKs: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html */
async function defaultChain(ctx: AwsContext): Promise<Source | undefined> {
  const named = ctx.env["AWS_PROFILE"] !== undefined;
  const key = named ? undefined : environmentKey(ctx);
  if (key !== undefined) return key;
  const profiles = await readProfiles({}, ctx);
  const profile = profileName(undefined, ctx.env);
  const source = profiles.has(profile) || named ? await profileSource(profile, { profiles }, ctx) : undefined;
  return source ?? (await environmentIdentity(ctx)) ?? (await containerKey(ctx)) ?? instanceKey(ctx);
}

async function givenKey(
  { accessKeyId, secretAccessKey, sessionToken }: Extract<Credentials, { readonly source: "keys" }>,
  ctx: AwsContext,
): Promise<Source> {
  return {
    kind: "key",
    accessKeyId,
    secretAccessKey: await ctx.resolve(secretAccessKey),
    sessionToken: sessionToken && (await ctx.resolve(sessionToken)),
    endsAt: undefined,
    region: undefined,
    from: "the spec's references",
  };
}

function identity(
  { roleArn, sessionName }: { readonly roleArn?: string; readonly sessionName?: string },
  { token, from }: Pick<Extract<Source, { readonly kind: "identity" }>, "token" | "from">,
): Source {
  return { kind: "identity", token, roleArn, sessionName, region: undefined, from };
}

const missing: Readonly<Record<string, readonly [where: string, hint: string]>> = {
  environment: ["the environment", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"],
  profile: ["the profile", "give it a key, a role with source_profile, or a credential_process"],
  container: ["the container", "this is no ECS task or EKS pod with a role: AWS_CONTAINER_CREDENTIALS_… is not set"],
  instance: ["the instance metadata", "this is no EC2 instance with a role, or its hop limit keeps containers out"],
};

function nothingIn({ source }: Credentials): never {
  const [where, hint] = missing[source] ?? [
    "the default chain",
    "none in the environment, the shared profile, AWS_WEB_IDENTITY_TOKEN_FILE, a container or instance role: give `credentials`",
  ];
  throw noKeyHere(where, hint);
}
