/** The double of an authorization server and oidc-provider, a certified one: asked the same, they answer the same. */
import { describeBoth } from "../scenarios/both.ts";
import { createClientKey, oauthSubject, startOAuthDoubleWorld, startOidcProvider } from "../scenarios/oauth-world.ts";
import { oauthScenarios } from "../scenarios/oauth.ts";

const key = await createClientKey();

describeBoth({
  name: "oidc-provider",
  missing: undefined,
  double: () => startOAuthDoubleWorld(key),
  real: () => startOidcProvider(key),
  subject: oauthSubject,
  scenarios: oauthScenarios,
});
