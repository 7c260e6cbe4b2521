import { defineProbe, httpError, RotateError } from "@rotate/plugin-kit";
import {
  checkEncrypted,
  isExpected,
  parseUrl,
  requestInit,
  requestOptions,
  sendsSecrets,
  statusOptions,
} from "./request-options.ts";

/** Asks an HTTP endpoint; works when the status, and the body if that is asked for, are as expected. Redirects are not followed. */
export const httpProbe = defineProbe({
  type: "http",
  scope: "anywhere",
  options: {
    type: "object",
    properties: {
      ...requestOptions,
      ...statusOptions,
      method: { enum: ["GET", "HEAD", "POST"], default: "GET" },
      contains: {
        type: "string",
        minLength: 1,
        template: true,
        description: "Text that must stand in the body.",
        examples: ['"status":"ok"'],
      },
    },
    required: ["url"],
  },

  async run(ctx) {
    const { method, expectStatus, contains, allowInsecure } = ctx.options;
    const url = parseUrl(ctx.options.url);
    checkEncrypted(url, allowInsecure || !sendsSecrets(ctx.options));
    const answer = await ctx.http(url, { ...(await requestInit(ctx)), method });
    if (!isExpected(answer.status, expectStatus)) {
      const hint = expectStatus === undefined ? "expected 200 to 299" : `expected ${expectStatus.join(" or ")}`;
      throw httpError(`${url.origin} did not answer as expected`, answer, { retryable: true, hint });
    }
    if (contains === undefined || answer.text().includes(contains)) return;
    const hint = "compare `contains` with what the endpoint really says";
    const message = `${url.origin} does not contain the expected text`;
    throw new RotateError(message, { code: "FAILED", retryable: true, hint });
  },
});
