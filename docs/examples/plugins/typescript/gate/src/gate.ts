/** Does a gate let the token in? */
import { defineProbe, httpError } from "@rotate/plugin-kit";

/** `GET /enter` with the token. */
export const probe = defineProbe({
  type: "gate",
  options: {
    type: "object",
    properties: {
      url: { type: "string", format: "uri", description: "the address of the gate" },
      // In `verify` this is a template, "{{ token }}": the new credential, before anything is written.
      token: { type: "string", secret: true, description: "what is shown to the gate" },
    },
    required: ["url", "token"],
  },

  async run({ options, http, resolve }) {
    const got = await http(`${options.url}/enter`, { bearer: await resolve(options.token) });
    if (!got.ok) throw httpError("the gate stays shut", got, { hint: "is the token meant for this gate?" });
  },
});
