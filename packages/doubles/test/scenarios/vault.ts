/** What is asked of OpenBao and of the double: status by status. */
import type { Scenario } from "./scenario.ts";
import type { VaultSubject } from "./vault-subject.ts";
import type { Issuer } from "./vault-world.ts";

type VaultScenario = Scenario<VaultSubject>;

const creds = "GET database/creds/app";

const tokens: readonly VaultScenario[] = [
  {
    name: "a token looks itself up, is renewed, and is refused once it is revoked",
    run: async ({ ask }) => {
      await ask("GET auth/token/lookup-self", 200);
      await ask("POST auth/token/renew-self", 200, { body: {} });
      await ask("POST auth/token/renew-self", 200, { body: { increment: "2h" } });
      await ask("PUT auth/token/renew-self", 200, { body: { increment: 3600 } });
      await ask("POST auth/token/renew-self", 400, { body: { increment: "soon" } });
      await ask("POST auth/token/revoke-self", 204, { token: "spent-token", body: {} });
      await ask("GET auth/token/lookup-self", 403, { token: "spent-token" });
    },
  },
  {
    name: "requests without a token, with a wrong one, or beyond a policy are refused",
    run: async ({ ask }) => {
      await ask(creds, 403, { token: "" });
      await ask(creds, 403, { token: "hvs.nobody" });
      await ask(creds, 403, { token: "bare-token" });
      await ask("GET database/roles/app", 403);
      await ask("POST sys/capabilities-self", 200, { body: { paths: ["database/creds/app"] } });
      await ask("POST sys/capabilities-self", 200, {
        token: "bare-token",
        body: { paths: ["database/creds/app", "secret/data/app"] },
      });
      await ask("GET auth/token/lookup-self", 200, { token: "", headers: { authorization: "Bearer app-token" } });
      await ask("GET nowhere/x", 404);
      await ask("POST pki/issue/web", 400, { body: "{ not json" });
    },
  },
];

const logins: readonly VaultScenario[] = [
  {
    name: "an approle logs in by its two ids, and by a secret id of one use once",
    run: async ({ ask }) => {
      const login = (body: object, wanted: number) => ask("POST auth/approle/login", wanted, { token: "", body });
      const { auth } = await login({ role_id: "role-1", secret_id: "secret-1" }, 200);
      await ask("GET auth/token/lookup-self", 200, { token: auth.client_token });
      await login({ role_id: "role-1", secret_id: "secret-once" }, 200);
      await login({ role_id: "role-1", secret_id: "secret-once" }, 400);
      await login({ role_id: "role-1", secret_id: "wrong" }, 400);
      await login({ role_id: "wrong", secret_id: "secret-1" }, 400);
      await login({ secret_id: "secret-1" }, 500);
      await login({ role_id: "role-1" }, 400);
    },
  },
  {
    name: "a person logs in by a password",
    run: async ({ ask }) => {
      const login = (name: string, body: object, wanted: number) =>
        ask(`POST auth/userpass/login/${name}`, wanted, { token: "", body });
      const { auth } = await login("ann", { password: "pa55word" }, 200);
      await ask("POST auth/token/renew-self", 200, { token: auth.client_token, body: { increment: "48h" } });
      await login("ann", { password: "wrong" }, 400);
      await login("bob", { password: "pa55word" }, 400);
      await login("ann", {}, 500);
      await ask("POST auth/nowhere/login/ann", 403, { token: "", body: { password: "x" } });
    },
  },
];

function jwtLogins({ sign }: Issuer): VaultScenario {
  return {
    name: "a job logs in by a token of an issuer that is trusted",
    run: async ({ ask }) => {
      const login = async (role: string, jwt: string, wanted: number) =>
        ask("POST auth/jwt/login", wanted, { token: "", body: { role, jwt } });
      await login("ci", await sign({ project: "app" }), 200);
      await login("ci", await sign({ project: "other" }), 400);
      await login("ci", await sign({}), 400);
      await login("ci", await sign({ project: "app", aud: "other" }), 400);
      await login("ci", await sign({ project: "app", iss: "https://other.example" }), 400);
      await login("ci", await sign({ project: "app" }, -500), 400);
      await login("ci", "no.jwt.atall", 400);
      await login("nobody", await sign({ project: "app" }), 400);
      await login("", await sign({ project: "app" }), 400);
      await login("ci", "", 400);
    },
  };
}

const leases: readonly VaultScenario[] = [
  {
    name: "a database user is made under a lease, looked up, renewed up to its cap, and revoked",
    run: async ({ ask }) => {
      const { lease_id } = await ask(creds, 200);
      const lease = (verb: string, wanted: number, more: object = {}) =>
        ask(`POST sys/leases/${verb}`, wanted, { body: { lease_id, ...more } });
      await lease("lookup", 200);
      await lease("renew", 200);
      await lease("renew", 200, { increment: 1800 });
      await lease("renew", 200, { increment: 86_400 });
      await ask(`PUT sys/leases/renew/${lease_id}`, 200, { body: { increment: 600 } });
      await lease("lookup", 200);
      await lease("revoke", 204, { sync: true });
      await lease("revoke", 204, { sync: true });
      await lease("renew", 400);
      await lease("lookup", 400);
    },
  },
  {
    name: "a lease that nobody names, or of another kind, is refused",
    run: async ({ ask }) => {
      await ask("POST sys/leases/renew", 400, { body: {} });
      await ask("POST sys/leases/revoke", 400, { body: {} });
      await ask("POST sys/leases/lookup", 400, { body: {} });
      await ask("POST sys/leases/renew", 400, { body: { lease_id: "database/creds/app/nothing" } });
      await ask("POST sys/leases/revoke", 204, { body: { lease_id: "database/creds/app/nothing" } });
      const { lease_id } = await ask("POST pki/issue/leased", 200, { body: { common_name: "a.example.com" } });
      await ask("POST sys/leases/renew", 400, { body: { lease_id } });
      await ask("POST sys/leases/revoke", 204, { body: { lease_id, sync: true } });
    },
  },
  {
    name: "leases die with the token that made them",
    run: async ({ ask, until }) => {
      const body = { role_id: "role-1", secret_id: "secret-1" };
      const { auth } = await ask("POST auth/approle/login", 200, { token: "", body });
      const { lease_id } = await ask(creds, 200, { token: auth.client_token });
      await ask("POST auth/token/revoke-self", 204, { token: auth.client_token, body: {} });
      await ask(creds, 403, { token: auth.client_token });
      await until("POST sys/leases/lookup", 400, { body: { lease_id } });
    },
  },
  {
    name: "what is no role, or no verb of one, is refused",
    run: async ({ ask }) => {
      await ask("GET database/creds/nobody", 400);
      await ask("POST database/creds/app", 403, { body: {} });
      await ask("POST database/creds/app", 405, { token: "root", body: {} });
      await ask("GET database/static-creds/legacy", 200);
      await ask("POST database/rotate-role/legacy", 204, { body: {} });
      await ask("GET database/static-creds/nobody", 400);
      await ask("POST database/rotate-role/nobody", 400, { body: {} });
    },
  },
];

const stored: readonly VaultScenario[] = [
  {
    name: "values with versions are written, read, deleted and destroyed",
    run: async ({ ask }) => {
      await ask("GET secret/data/app", 200);
      await ask("GET secret/data/nothing", 404);
      await ask("POST secret/data/mine", 200, { body: { data: { a: "1" }, options: { cas: 0 } } });
      await ask("POST secret/data/mine", 400, { body: { data: { a: "2" }, options: { cas: 0 } } });
      await ask("POST secret/data/mine", 200, { body: { data: { a: "2" }, options: { cas: 1 } } });
      await ask("POST secret/data/mine", 400, { body: {} });
      await ask("GET secret/data/mine?version=1", 200);
      await ask("GET secret/data/mine?version=7", 404);
      await ask("DELETE secret/data/mine", 204);
      await ask("GET secret/data/mine", 404);
      await ask("POST secret/destroy/mine", 204, { body: { versions: [1] } });
      await ask("GET secret/data/mine?version=1", 404);
    },
  },
  {
    name: "values without versions are written, read and deleted",
    run: async ({ ask }) => {
      await ask("GET kv/app", 200);
      await ask("GET kv/nothing", 404);
      await ask("POST kv/mine", 204, { body: { a: "1" } });
      await ask("GET kv/mine", 200);
      await ask("DELETE kv/mine", 204);
      await ask("GET kv/mine", 404);
    },
  },
  {
    name: "certificates are issued, cut to what the role allows, and revoked",
    run: async ({ ask }) => {
      const issue = (body: object, wanted: number) => ask("POST pki/issue/web", wanted, { body });
      const { data } = await issue({ common_name: "a.example.com" }, 200);
      await issue({ common_name: "a.example.com", ttl: "300h" }, 200);
      await issue({ common_name: "a.elsewhere.org" }, 400);
      await issue({ common_name: "a.example.com", alt_names: "a.elsewhere.org" }, 400);
      await issue({}, 400);
      await ask("POST pki/issue/nobody", 400, { body: { common_name: "a.example.com" } });
      await ask("POST pki/revoke", 200, { body: { serial_number: data["serial_number"] } });
      await ask("POST pki/revoke", 200, { body: { serial_number: data["serial_number"] } });
      await ask("POST pki/revoke", 400, { body: { serial_number: "11:22:33:44:55:66:77:88" } });
      await ask("POST pki/revoke", 400, { body: {} });
    },
  },
  {
    name: "what is wrapped is unwrapped once",
    run: async ({ ask, wrap }) => {
      const token = await wrap({ secret_id: "wrapped" });
      await ask("POST sys/wrapping/unwrap", 200, { token });
      await ask("POST sys/wrapping/unwrap", 400, { token });
      await ask("POST sys/wrapping/unwrap", 403, { token: "", body: { token: await wrap({ a: "b" }) } });
      await ask("POST sys/wrapping/unwrap", 200, { body: { token: await wrap({ a: "b" }) } });
    },
  },
  {
    name: "a user who owns something cannot be dropped",
    run: async ({ ask, giveProperty }) => {
      const { lease_id, data } = await ask(creds, 200);
      await giveProperty(data["username"] ?? "");
      await ask("POST sys/leases/revoke", 400, { body: { lease_id, sync: true } });
    },
  },
];

/** In this order: the last ones leave traces. */
export function vaultScenarios(issuer: Issuer): readonly VaultScenario[] {
  return [...tokens, ...logins, jwtLogins(issuer), ...leases, ...stored];
}
