import { defineProvider } from "@rotate/plugin-kit";
import { newPassword, userNameFor } from "@rotate/plugin-kit/databases";
import { checkNodes } from "./check.ts";
import { handle, options, request } from "./options.ts";
import { setupOf } from "./setup.ts";
import { dropUser, findUser, hasUser, makeUser } from "./users.ts";

/** As long as a name may be here: the server sets no bound. */
const longest = 128;

/** Users of the access control lists of Redis and Valkey, on every server of a list. */
export const redisUser = defineProvider({
  type: "redis-user",
  options,
  request,
  handle,
  fields: {
    username: { secret: false, description: "The user's name, new with each mint", example: "app_1" },
    password: { secret: true, description: "Its password: letters and digits" },
  },
  scope: ({ ca }) => (ca === undefined ? "anywhere" : "host"),
  reads: ({ ca }) => (ca === undefined ? [] : [{ path: ca }]),
  setup: setupOf,
  check: async (ctx, wanted) => checkNodes(ctx, wanted?.rules ?? []),

  async mint({ rules, prefix }, ctx) {
    const { leaseId } = ctx;
    const user = userNameFor({ prefix, leaseId, longest });
    const password = ctx.secret(newPassword(), "password");
    await makeUser({ user, leaseId, password, rules }, ctx);
    return { fields: { username: user, password }, expires: "never", handle: { user } };
  },
  async find(leaseId, ctx) {
    const user = await findUser(leaseId, ctx);
    return user === undefined ? undefined : { expires: "never", handle: { user } };
  },
  revoke: ({ handle: { user } }, ctx) => dropUser(user, ctx),
  lives: ({ handle: { user } }, ctx) => hasUser(user, ctx),
});
