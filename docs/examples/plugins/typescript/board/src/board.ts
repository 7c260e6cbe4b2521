/** Pins a note to a notice board. */
import { defineNotifier, httpError } from "@rotate/plugin-kit";

/** `POST /notes`. */
export const notifier = defineNotifier({
  type: "board",
  scope: "anywhere",
  options: {
    type: "object",
    properties: {
      url: { type: "string", format: "uri", description: "the address of the board" },
      key: { type: "string", secret: true, description: "who may pin" },
    },
    required: ["url", "key"],
  },

  // `delivery` is the same when a note has to be sent again: the board shows two with one id as one.
  async send({ delivery, id, status, text }, { options, http, resolve }) {
    const json = { id: delivery, thread: id, over: status === "resolved", text };
    const got = await http(`${options.url}/notes`, { bearer: await resolve(options.key), json });
    if (!got.ok) throw httpError("the board took no note", got, { hint: "may the `key` pin notes?" });
  },
});
