import { defineProvider } from "@rotate/plugin-kit";
import { checkServer, type Right } from "./check.ts";
import * as dynamic from "./dynamic.ts";
import { mariadb } from "./flavours.ts";
import { handle, mariadbOptions, mariadbRequest } from "./options.ts";
import { fields, proofFor, reads, scope } from "./parts.ts";
import { mariadbSetup } from "./setup.ts";

/** The name of a user may be longer, that of its event not: `rotate_` and this. */
const longest = 57;

/** Users of a MariaDB that has no issuer, made for the lease. */
export const mariadbUser = defineProvider({
  type: "mariadb-user",
  options: mariadbOptions,
  request: mariadbRequest,
  handle,
  fields,
  scope,
  reads,
  setup: mariadbSetup,
  async check(ctx, wanted) {
    dynamic.lifeOf(wanted?.ttl, ctx.options);
    await checkServer(ctx, { ender: "CONNECTION ADMIN", rights: (wanted?.grants ?? []).flatMap(rightsOf) });
  },

  async mint({ grants, ttl }, ctx) {
    const { leaseId, options } = ctx;
    const { password, proof } = proofFor(ctx, mariadb);
    const rights = (account: string) => grants.map((grant) => `grant ${grant} to ${account}`);
    const asked = { leaseId, prefix: options.prefix, longest, ttl, proof, rights };
    const { user, terms } = await dynamic.mint(asked, ctx, mariadb);
    return { ...terms, fields: { username: user, password } };
  },
  find: (leaseId, ctx) => dynamic.find(leaseId, { prefix: ctx.options.prefix, longest, ctx }, mariadb),
  revoke: ({ id, handle: held }, ctx) => dynamic.revoke({ id, ...held }, ctx, mariadb),
  lives: ({ id, handle: held }, ctx) => dynamic.lives({ id, ...held }, ctx, mariadb),
});

/** What has to be passed on, of a whole database or of everything; of single tables the server says so itself. */
function rightsOf(grant: string): readonly Right[] {
  const [, names = "", database = "", table = ""] = /^(.+?) on `?([^`.]+)`?\.`?([^`]+)`?$/i.exec(grant) ?? [];
  if (table !== "*" || /all privileges|^all$/i.test(names)) return [];
  return names.split(",").map((name) => ({
    name: name.trim().toUpperCase(),
    grantable: true,
    ...(database !== "*" && { database }),
  }));
}
