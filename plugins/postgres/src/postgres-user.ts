import { defineProvider } from "@rotate/plugin-kit";
import { newPassword } from "@rotate/plugin-kit/databases";
import { checkServer } from "./user/check.ts";
import { dynamic } from "./user/dynamic.ts";
import { handle, options, request, type Options } from "./user/options.ts";
import { ring } from "./user/ring.ts";
import { setupOf } from "./user/setup.ts";
import type { Strategy } from "./user/strategy.ts";
import { scramVerifier } from "./user/verifier.ts";

const strategies: Readonly<Record<Options["strategy"], Strategy>> = { ring, dynamic };

/** Users of a PostgreSQL server that has no issuer: out of a ring of users that are there, or made for the lease. */
export const postgresUser = defineProvider({
  type: "postgres-user",
  start: { title: "PostgreSQL itself: users made, or taken in turn, by an administrator's login" },
  options,
  request,
  handle,
  fields: {
    username: { secret: false, description: "The user's name, new with each mint", example: "app_a" },
    password: { secret: true, description: "Its password: letters and digits" },
  },
  scope: ({ ca, host }) => (ca === undefined && !host.startsWith("/") ? "anywhere" : "host"),
  reads: ({ ca }) => (ca === undefined ? [] : [{ path: ca }]),
  setup: setupOf,
  check: checkServer,

  async mint(wanted, ctx) {
    const { strategy, send } = ctx.options;
    const password = ctx.secret(newPassword({ withMarks: send === "password" }), "password");
    const secret = send === "password" ? password : ctx.secret(await scramVerifier(password), "verifier");
    const { user, ...terms } = await strategies[strategy].mint({ request: wanted, leaseId: ctx.leaseId, secret, ctx });
    return { ...terms, fields: { username: user, password } };
  },
  find: (leaseId, ctx) => strategies[ctx.options.strategy].find(leaseId, ctx),
  revoke: ({ id, handle: held }, ctx) => strategies[held.strategy].revoke({ id, ...held }, ctx),
  lives: ({ id, handle: held }, ctx) => strategies[held.strategy].lives({ id, ...held }, ctx),
});
