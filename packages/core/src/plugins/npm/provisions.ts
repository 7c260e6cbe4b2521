import type { Provisions } from "../ask.ts";
import { environmentFor, type Allowed } from "./needs.ts";
import { serveFor } from "./serve.ts";

/** What a package gets beside each call, and may ask for while it lasts. */
export function provisionsOf(allow: Allowed): Provisions {
  return (part, options, ctx) => ({
    serve: serveFor({ allow, part, options }, ctx),
    body: allow.env.length === 0 ? {} : { env: environmentFor(allow, ctx.env) },
  });
}
