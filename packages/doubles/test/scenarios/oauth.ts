/** What is asked of oidc-provider and of the double of an authorization server. */
import { oddSecret, type OAuthSubject } from "./oauth-world.ts";
import type { Scenario } from "./scenario.ts";

const credentials = { grant_type: "client_credentials" };
const basic = { basic: ["basic", oddSecret] } as const;
const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

function by(client_assertion: string) {
  return { ...credentials, scope: "read", client_assertion_type: jwtBearer, client_assertion };
}

/** Each with clients and refresh tokens that no other spends. */
export const oauthScenarios: readonly Scenario<OAuthSubject>[] = [
  {
    name: "a client gets a token by a secret in the header",
    run: async ({ ask }) => {
      await ask({ ...credentials, scope: "read" }, 200, basic);
      await ask({ ...credentials, scope: "admin" }, 400, basic);
      await ask(credentials, 401, { basic: ["basic", "wrong"] });
      await ask(credentials, 401, { basic: ["nobody", oddSecret] });
    },
  },
  {
    name: "a client gets a token by a secret in the form",
    run: async ({ ask }) => {
      await ask({ ...credentials, scope: "read write", client_id: "post", client_secret: oddSecret }, 200);
      await ask({ ...credentials, client_id: "post", client_secret: "wrong" }, 401);
      await ask({ ...credentials, client_id: "post", client_secret: oddSecret }, 400, basic);
      await ask({ ...credentials, client_id: "post" }, 401);
    },
  },
  {
    name: "a client gets a token by a key, once for each assertion",
    run: async ({ ask, assertion }) => {
      const once = await assertion();
      await ask(by(once), 200);
      await ask(by(once), 401);
      await ask(by(await assertion({ aud: "https://other.example" })), 401);
      await ask(by(await assertion({ sub: "basic" })), 401);
    },
  },
  {
    name: "what is no grant is refused",
    run: async ({ ask }) => {
      await ask({ grant_type: "password" }, 400, basic);
      await ask({}, 400, basic);
    },
  },
  {
    name: "a refresh token is good once, and its second use ends all that came of it",
    run: async ({ ask, refreshTokens: [first = ""] }) => {
      const { refresh_token: second } = await ask({ grant_type: "refresh_token", refresh_token: first }, 200, basic);
      await ask({ grant_type: "refresh_token", refresh_token: first }, 400, basic);
      await ask({ grant_type: "refresh_token", refresh_token: second }, 400, basic);
      await ask({ grant_type: "refresh_token", refresh_token: "nothing" }, 400, basic);
      await ask({ grant_type: "refresh_token" }, 400, basic);
    },
  },
  {
    name: "a refresh gives no more than was granted",
    run: async ({ ask, refreshTokens: [, second = ""] }) => {
      await ask({ grant_type: "refresh_token", refresh_token: second, scope: "admin" }, 400, basic);
      await ask({ grant_type: "refresh_token", refresh_token: second, scope: "read" }, 200, basic);
    },
  },
  {
    name: "a token is given back by its client, and one that is none as well",
    run: async ({ ask, refreshTokens: [, , third = ""] }) => {
      const { access_token: token } = await ask({ ...credentials, scope: "read" }, 200, basic);
      const revocation = { endpoint: "revocation" } as const;
      await ask({ token }, 200, { ...revocation, ...basic });
      await ask({ token }, 200, { ...revocation, ...basic });
      await ask({ token: "nothing" }, 200, { ...revocation, ...basic });
      await ask({}, 400, { ...revocation, ...basic });
      await ask({ token }, 401, { ...revocation, basic: ["basic", "wrong"] });
      await ask({ token: third }, 200, { ...revocation, ...basic });
      await ask({ grant_type: "refresh_token", refresh_token: third }, 400, basic);
    },
  },
];
