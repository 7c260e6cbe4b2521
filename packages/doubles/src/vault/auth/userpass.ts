import { textOf, type Call, type LoginResult } from "../call.ts";
import { refuse } from "../envelope.ts";
import type { AuthMethod } from "../types.ts";

type UserpassMethod = Extract<AuthMethod, { readonly type: "userpass" }>;

/** `auth/userpass/login/:user`. */
export function createUserpassLogin(method: UserpassMethod) {
  return (call: Call): LoginResult => {
    const name = decodeURIComponent(call.path.split("/").at(-1) ?? "").toLowerCase();
    const password = textOf(call, "password", { status: 500, text: "missing password" });
    const user = method.users[name];
    if (user === undefined || user.password !== password) return refuse(400, "invalid username or password");
    return { displayName: `userpass-${name}`, settings: user, metadata: { username: name } };
  };
}
