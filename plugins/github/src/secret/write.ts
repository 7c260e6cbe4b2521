import { badAnswer, type RotateError, withDetails, type Secret } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { ask, liveSecret, refusedBy, sealingKey, secretPath, selectedRepositories, type LiveSecret } from "./live.ts";
import { secretName, type SecretContext } from "./options.ts";
import type { SealingKey } from "./sealed-box.ts";

/** A write, made from what was there when we looked. */
export interface Write {
  /** Undefined: the secret was not there. */
  readonly before: LiveSecret | undefined;
  readonly key: SealingKey;
  /** The value, sealed for the key, base64. */
  readonly box: Secret;
}

/**
 * Writes the secret, for whom it is now. Throws CONFLICT when somebody else wrote since we looked, or the key is another now: a write in between
 * is not noticed, there is nothing to hold it by.
 */
export async function put({ before, key, box }: Write, ctx: SecretContext): Promise<void> {
  const live = await liveSecret(ctx);
  if (live?.updated_at !== before?.updated_at) throw changedMeanwhile(secretName(ctx.options));
  const json = { encrypted_value: box, key_id: key.id, ...(await audience(live, ctx)) };
  const answer = await ask({ method: "PUT", path: secretPath(ctx.options), json }, ctx);
  if (answer.status === 201 || answer.status === 204) return;
  const what = `cannot write ${secretName(ctx.options)}`;
  const refused = refusedBy(answer, what, ctx);
  if (answer.status === 422 && (await sealingKey(ctx)).id !== key.id) throw keyChanged(refused);
  throw answer.ok ? badAnswer(`${what}: the answer is none of GitHub's`, "check baseUrl") : refused;
}

/** An organisation's write says for whom the secret is, each time anew: what there is is said again. */
async function audience(live: LiveSecret | undefined, ctx: SecretContext): Promise<object> {
  const { place } = ctx.options;
  if (place.of !== "organization") return {};
  const visibility = live?.visibility ?? place.visibility;
  if (visibility !== "selected") return { visibility };
  return { visibility, selected_repository_ids: live === undefined ? [] : await selectedRepositories(ctx) };
}

function keyChanged(refused: RotateError): RotateError {
  const message = `${refused.message}: GitHub has another public key now`;
  return withDetails(refused, { message, code: "CONFLICT", retryable: true, hint: "it is encrypted anew" });
}
