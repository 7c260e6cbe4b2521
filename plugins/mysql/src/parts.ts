/** What both providers are made of. */
import { newPassword } from "@rotate/plugin-kit/databases";
import type { LocalPlace, Secret } from "@rotate/plugin-kit";
import type { Flavour, Proof } from "./flavours.ts";
import type { Options, UserContext } from "./options.ts";

/** What is minted. */
export const fields = {
  username: { secret: false, description: "The user's name", example: "app_1" },
  password: { secret: true, description: "Its password: letters and digits" },
} as const;

/** Where the work can be done. */
export function scope({ ca, host }: Options): "anywhere" | "host" {
  return ca === undefined && !host.startsWith("/") ? "anywhere" : "host";
}

/** What it stands on. */
export function reads({ ca }: Options): readonly LocalPlace[] {
  return ca === undefined ? [] : [{ path: ca }];
}

/** A new password, and what the server is told of it. */
export function proofFor(
  ctx: UserContext,
  { verifier }: Pick<Flavour, "verifier">,
): { readonly password: Secret; readonly proof: Proof } {
  const { send } = ctx.options;
  const password = ctx.secret(newPassword({ withMarks: send === "password" }), "password");
  const text = send === "password" ? password : ctx.secret(verifier(password.reveal()), "verifier");
  return { password, proof: { send, text } };
}
