import { httpError, RotateError, type HttpAnswer } from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";
import { readStatus } from "./answers.ts";

/** An answer of the metadata server that is no success; undefined when it is one. Throws nothing. */
export function metadataRefusal(answer: HttpAnswer, account: string): RotateError | undefined {
  if (answer.headers.get("metadata-flavor") !== "Google" && answer.status < 500) return stranger(answer);
  if (answer.ok) return undefined;
  const what = `the metadata server gives no token of ${account}`;
  const said = oneLine(answer.text());
  const message = said === "" || said.startsWith("<") ? what : `${what}: ${said}`;
  if (answer.status === 404) {
    const hint = "give the machine that service account, or name one it has in source.account";
    return httpError(message, answer, { hint });
  }
  if (answer.status === 403) {
    const hint =
      "something between adds X-Forwarded-For or drops Metadata-Flavor, or the workload may not use this account";
    return httpError(message, answer, { hint });
  }
  if (answer.status === 400) return httpError(message, answer, { hint: "check the scopes or the audience" });
  return httpError(message, answer, readStatus(answer));
}

/** The header tells the metadata server from whoever else has its address (cloud.google.com/compute/docs/metadata/querying-metadata). */
function stranger({ status }: HttpAnswer): RotateError {
  return new RotateError(`what answers is no metadata server of Google Cloud (HTTP ${status})`, {
    code: "BAD_ANSWER",
    retryable: false,
    noEffect: true,
    hint: "run on Google Cloud, or use another source; check GCE_METADATA_HOST",
  });
}
