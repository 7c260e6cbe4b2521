import {
  badAnswer,
  byOutage,
  httpRefusal,
  meanings,
  type HttpAnswer,
  type Refusals,
  type RotateError,
} from "@rotate/plugin-kit";
import { oneLine } from "@rotate/plugin-kit/tokens";
import { advice } from "./answers.ts";

const { denied, invalid, missing, stranger } = meanings;

/** What the metadata server refuses (cloud.google.com/compute/docs/metadata/querying-metadata). */
export const metadataRefusals: Refusals = [
  {
    ...missing,
    status: 404,
    hint: "give the machine that service account, or name one it has in source.account",
  },
  {
    ...denied,
    status: [401, 403],
    hint: "something between adds X-Forwarded-For or drops Metadata-Flavor, or the workload may not use this account",
  },
  ...byOutage(advice),
  { ...invalid, status: [400, 499], hint: "check the scopes or the audience" },
  { ...stranger, hint: advice.silent },
];

/** An answer of the metadata server that is no success; undefined when it is one. Throws nothing. */
export function metadataRefusal(answer: HttpAnswer, account: string): RotateError | undefined {
  if (answer.headers.get("metadata-flavor") !== "Google" && answer.status < 500) return noMetadataServer(answer);
  if (answer.ok) return undefined;
  const what = `the metadata server gives no token of ${account}`;
  const said = oneLine(answer.text());
  const message = said === "" || said.startsWith("<") ? what : `${what}: ${said}`;
  return httpRefusal(metadataRefusals, answer, { message, said });
}

/** The header tells the metadata server from whoever else has its address. */
function noMetadataServer({ status }: HttpAnswer): RotateError {
  const message = `what answers is no metadata server of Google Cloud (HTTP ${status})`;
  const hint = "run on Google Cloud, or use another source; check GCE_METADATA_HOST";
  return badAnswer(message, hint, { noEffect: true });
}
