import { RotateError } from "@rotate/plugin-kit";
import type { Api } from "../api/api.ts";
import { writeRefusals } from "../api/refusal.ts";
import { readSecret, secretPath, type LiveSecret } from "./live.ts";
import { nameOf, type SecretContext } from "./options.ts";
import type { Write } from "./write.ts";

/**
 * Puts our keys back as they were when we looked, if they hold what we wrote or what was there before. A Secret that we made, and that holds nothing
 * else, is deleted. Throws CONFLICT when somebody else changed our keys.
 */
export async function undoWrite(api: Api, write: Write, ctx: SecretContext): Promise<void> {
  const current = await readSecret(api, ctx);
  const before = write.live?.data ?? {};
  const keys = Object.keys(write.data);
  if (keys.every((key) => current?.data[key] === before[key])) return;
  const known = keys.every((key) => [before[key], write.data[key]?.reveal()].includes(current?.data[key]));
  if (current === undefined || !known) throw changedMeanwhile(ctx);
  const alone = Object.keys(current.data).every((key) => keys.includes(key));
  if (write.live === undefined && alone && (await deleted(api, current, ctx))) return;
  await restore(api, { write, current }, ctx);
}

/** False when we may not: then an empty Secret is left. */
async function deleted(api: Api, { uid, resourceVersion }: LiveSecret, ctx: SecretContext): Promise<boolean> {
  const what = `delete ${nameOf(ctx)}`;
  const json = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid, resourceVersion } };
  const answer = await api.send({ method: "DELETE", path: secretPath(ctx), json, what });
  if (answer.ok) return true;
  if (answer.status === 404) throw changedMeanwhile(ctx);
  if (answer.status !== 403) throw api.refusal(answer, { what, refusals: writeRefusals });
  ctx.log.warn("may not delete the secret that it made: it is left empty", { secret: nameOf(ctx) });
  return false;
}

interface Standing {
  readonly write: Write;
  readonly current: LiveSecret;
}

/** A merge patch takes keys out whoever owns them; an apply could not (RFC 7386: null deletes). */
async function restore(api: Api, { write, current }: Standing, ctx: SecretContext): Promise<void> {
  const { fieldManager, labels = {} } = ctx.options;
  const { uid, resourceVersion } = current;
  const { live } = write;
  await api.call({
    method: "PATCH",
    path: secretPath(ctx),
    query: { fieldManager },
    contentType: "application/merge-patch+json",
    json: {
      metadata: { uid, resourceVersion, labels: earlier(Object.keys(labels), live?.labels) },
      data: earlier(Object.keys(write.data), live?.data),
    },
    metadataOnly: true,
    refusals: writeRefusals,
    what: `undo the write of ${nameOf(ctx)}`,
  });
}

function earlier(
  keys: readonly string[],
  values: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string | null>> {
  return Object.fromEntries(keys.map((key) => [key, values[key] ?? null]));
}

function changedMeanwhile(ctx: SecretContext): RotateError {
  return new RotateError(`${nameOf(ctx)} was changed by somebody else since`, {
    code: "CONFLICT",
    retryable: false,
    hint: "what they wrote is left as it is; look at it",
  });
}
