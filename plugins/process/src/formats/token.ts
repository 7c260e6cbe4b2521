import { badAnswer } from "@rotate/plugin-kit";
import type { Format } from "./format.ts";

/** A bare token, and nothing else but one line end. Its life is the `exp` of a JWT, or `expiresIn`. */
export const token: Format = {
  fields: () => ({ token: { secret: true, description: "What the command printed." } }),
  parse(stdout) {
    const text = stdout.replace(/\r?\n$/, "");
    const hint = "run the command by hand: it must print the token on one line and nothing else";
    if (text === "") throw badAnswer("the command printed nothing", hint);
    if (/[\s\p{Cc}]/u.test(text)) throw badAnswer("the output is more than one token", hint);
    return { token: text };
  },
  read: (document, { secret }) => ({ token: secret(String(document["token"]), "token") }),
  expires: () => undefined,
};
