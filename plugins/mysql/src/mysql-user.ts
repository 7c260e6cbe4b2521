import { defineProvider, invalid, type Infer } from "@rotate/plugin-kit";
import { checkServer } from "./check.ts";
import * as dynamic from "./dynamic.ts";
import { mysql, type Proof } from "./flavours.ts";
import { handle, mysqlOptions, mysqlRequest, type UserContext } from "./options.ts";
import { fields, proofFor, reads, scope } from "./parts.ts";
import * as retain from "./retain.ts";
import { mysqlSetup } from "./setup.ts";

/** As long as the name of a user may be. */
const longest = 32;

/** Users of a MySQL that has no issuer: made for the lease, or one with a second password beside the held one. */
export const mysqlUser = defineProvider({
  type: "mysql-user",
  options: mysqlOptions,
  request: mysqlRequest,
  handle,
  fields,
  scope,
  reads,
  setup: mysqlSetup,
  async check(ctx, wanted) {
    const isDynamic = ctx.options.strategy === "dynamic";
    if (wanted !== undefined && !isDynamic) retain.accountFor(wanted.account);
    if (isDynamic) dynamic.lifeOf(wanted?.ttl, ctx.options);
    const role = isDynamic && wanted !== undefined ? { role: roleFor(wanted) } : {};
    await checkServer(ctx, { ender: "CONNECTION_ADMIN", rights: [], ...role });
  },

  async mint(wanted, ctx) {
    const { password, proof } = proofFor(ctx, mysql);
    const { user, terms } =
      ctx.options.strategy === "dynamic" ? await make(wanted, proof, ctx) : await second(wanted, proof, ctx);
    return { ...terms, fields: { username: user, password } };
  },
  find: (leaseId, ctx) =>
    ctx.options.strategy === "dynamic"
      ? dynamic.find(leaseId, { prefix: ctx.options.prefix, longest, ctx }, mysql)
      : retain.find(leaseId, ctx),
  revoke: ({ id, handle: held }, ctx) =>
    held.strategy === "dynamic" ? dynamic.revoke({ id, ...held }, ctx, mysql) : retain.revoke({ id, ...held }, ctx),
  lives: ({ id, handle: held }, ctx) =>
    held.strategy === "dynamic" ? dynamic.lives({ id, ...held }, ctx, mysql) : retain.lives({ id, ...held }, ctx),
});

type Request = Infer<typeof mysqlRequest>;
type MintContext = UserContext & { readonly leaseId: string; readonly options: Infer<typeof mysqlOptions> };

function roleFor({ role }: Request): string {
  if (role !== undefined) return role;
  throw invalid("strategy: dynamic needs the role that users get", "set role in the request");
}

function make(wanted: Request, proof: Proof, ctx: MintContext) {
  const role = roleFor(wanted);
  const quoted = `\`${role.replaceAll("`", "``")}\``;
  const rights = (account: string) => [`grant ${quoted} to ${account}`, `alter user ${account} default role ${quoted}`];
  const { prefix } = ctx.options;
  return dynamic.mint({ leaseId: ctx.leaseId, prefix, longest, ttl: wanted.ttl, proof, rights }, ctx, mysql);
}

function second({ account }: Request, proof: Proof, ctx: MintContext) {
  return retain.mint({ account: retain.accountFor(account), leaseId: ctx.leaseId, proof }, ctx);
}
