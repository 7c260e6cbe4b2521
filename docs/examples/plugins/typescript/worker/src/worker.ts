/** Asks a worker to read its configuration anew. */
import { defineReload, httpError } from "@rotate/plugin-kit";

/** `POST /reload`. */
export const reload = defineReload({
  type: "worker",
  options: {
    type: "object",
    properties: { url: { type: "string", format: "uri", description: "the address of the worker's control" } },
    required: ["url"],
  },
  // The worker answers only when it works with what it has read: success shows that the consumer holds the new credential.
  adopts: () => true,

  async check({ options, http }) {
    const got = await http(`${options.url}/status`);
    if (!got.ok) throw httpError("the worker does not say how it is", got, { hint: "see the worker's own log" });
  },
  // At least once: after a crash it comes again.
  async run(_event, { options, http }) {
    const got = await http(`${options.url}/reload`, { method: "POST" });
    if (!got.ok) throw httpError("the worker did not reload", got, { hint: "see the worker's own log" });
  },
});
