import type { SinkContext } from "@rotate/plugin-kit";
import type { KeySource } from "../../source/index.ts";
import { describeSecret, refuseAbsent, refuseForeign, versionWith, type Described } from "./described.ts";
import { isMarked } from "./mark.ts";
import type { SecretOptions } from "./options.ts";
import { editText, readText, refuseSeveral, textsOf } from "./text.ts";
import { current, readVersion, refuseLarge } from "./versions.ts";

/** Versions under a day old are not removed, and a secret has about a hundred: reference_limits of the user guide. ms */
const fastest = 600_000;

/** Could the secret be written? What has an effect is tried in `prepare`, by a version that nobody reads. */
export async function checkSecret(ctx: SinkContext<SecretOptions, KeySource>): Promise<void> {
  const { options, keys = [], every, log, samples } = ctx;
  if (options.format === "value") refuseSeveral(keys);
  const secret = await describeSecret(ctx);
  refuseAbsent(secret, ctx);
  if (secret !== undefined) refuseForeign(secret, ctx);
  if (every !== undefined && every < fastest)
    log.warn(
      "Secrets Manager keeps every version for a day: written so often, the secret comes to its limit of versions",
      {
        secret: options.secret,
        remedy: "write it less often than every 10 minutes",
      },
    );
  const hasText = secret !== undefined && versionWith(current, secret) !== undefined;
  const now = hasText ? await readVersion(ctx) : undefined;
  if (samples !== undefined)
    refuseLarge(await editText(now?.text, textsOf(samples, options.format), options.format), ctx);
  if (hasText) tellOf(secret, Object.keys(now === undefined ? {} : readText(now.text, keys, options.format)), ctx);
}

function tellOf(secret: Described, taken: readonly string[], ctx: SinkContext<SecretOptions, KeySource>): void {
  const { ours = false, log, options } = ctx;
  if (secret.RotationEnabled === true)
    log.warn("the secret has a rotation of its own: the two take turns", {
      secret: secret.Name,
      remedy: "aws secretsmanager cancel-rotate-secret",
    });
  if (ours || isMarked(secret) || taken.length === 0) return;
  log.warn("takes over what something else wrote", {
    secret: secret.Name,
    keys: taken,
    remedy:
      "Terraform's aws_secretsmanager_secret_version would put its own text back, even with ignore_changes: keep the secret in Terraform and its version out of it",
  });
  if (options.format === "value") log.warn("the whole text is replaced", { secret: secret.Name });
}
