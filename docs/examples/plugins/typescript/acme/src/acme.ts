/** Tokens of the Acme API. */
import { defineProvider, httpError, readAnswer } from "@rotate/plugin-kit";

const token = {
  type: "object",
  properties: { id: { type: "string" }, secret: { type: "string" }, expires: { type: "string" } },
  required: ["id", "secret", "expires"],
} as const;

/** Mints at `POST /tokens`, revokes by id. */
export const provider = defineProvider({
  type: "acme",
  options: {
    type: "object",
    properties: {
      url: { type: "string", format: "uri", description: "the address of the API" },
      key: { type: "string", secret: true, description: "the API key" },
    },
    required: ["url", "key"],
  },
  request: { type: "object", properties: { ttl: { type: "string", format: "duration", default: "1h" } } },
  fields: { token: { secret: true, description: "an API token" } },
  handle: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },

  async check({ options, http, resolve }) {
    const got = await http(`${options.url}/tokens`, { bearer: await resolve(options.key) });
    if (!got.ok) throw httpError("acme does not list its tokens", got, { hint: "may the `key` do this?" });
  },
  async mint({ ttl }, { options, http, resolve, secret, leaseId }) {
    const json = { name: leaseId, ttl: Math.ceil(ttl / 1000) };
    const got = await http(`${options.url}/tokens`, { bearer: await resolve(options.key), json });
    if (!got.ok) throw httpError("acme gave no token", got, { hint: "may the `key` do this?" });
    const minted = readAnswer(got, token, "is `url` that of acme?");
    return {
      fields: { token: secret(minted.secret, "token") },
      expires: new Date(minted.expires),
      handle: { id: minted.id },
    };
  },
  async revoke({ handle }, { options, http, resolve }) {
    const url = `${options.url}/tokens/${encodeURIComponent(handle.id)}`;
    const got = await http(url, { method: "DELETE", bearer: await resolve(options.key) });
    // What is gone is revoked.
    if (!got.ok && got.status !== 404) throw httpError("acme did not revoke", got, { hint: "revoke it by hand" });
  },
});
