import type { Context } from "@rotate/plugin-kit";
import { appJwt } from "../app/app-jwt.ts";
import { findInstallation } from "../app/installation.ts";
import { installationToken, type TokenWish } from "../app/installation-token.ts";
import type { SecretLogin, SecretOptions } from "./options.ts";

type Place = SecretOptions["place"];
type AppAuth = Extract<SecretOptions["auth"], { readonly method: "app" }>;

/** The permission of an app that each place needs (docs.github.com/rest/authentication/permissions-required-for-github-apps). */
const permissions = {
  repository: "secrets",
  environment: "environments",
  organization: "organization_secrets",
} as const satisfies Readonly<Record<Place["of"], string>>;

/** Proves who we are. A token of an app is asked for with the one permission that is needed, for the one repository. */
export async function logIn(ctx: Context<SecretOptions>): Promise<SecretLogin> {
  const { auth } = ctx.options;
  return auth.method === "token" ? { token: await ctx.resolve(auth.token) } : asApp(auth, ctx);
}

async function asApp(
  { appId, privateKey, installationId }: AppAuth,
  ctx: Context<SecretOptions>,
): Promise<SecretLogin> {
  const { place, baseUrl } = ctx.options;
  const app = { ...ctx, options: { appId, privateKey, baseUrl } };
  const bearer = await appJwt(app);
  const { owner, repository } = ownerOf(place);
  const which = { owner, repository, ...(installationId !== undefined && { installationId }) };
  const id = await findInstallation(which, bearer, app);
  const least = { [permissions[place.of]]: "write" } as const;
  const wish: TokenWish = { id, bearer, permissions: least };
  const { token, expires } = await installationToken(
    repository === undefined ? wish : { ...wish, repositories: [repository] },
    app,
  );
  return { token, expires };
}

function ownerOf(place: Place): { readonly owner: string; readonly repository: string | undefined } {
  if (place.of === "organization") return { owner: place.organization, repository: undefined };
  const [owner = "", repository] = place.repository.split("/");
  return { owner, repository };
}
