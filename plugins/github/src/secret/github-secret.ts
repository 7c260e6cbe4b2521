import { defineSink, type Secret } from "@rotate/plugin-kit";
import { absentSecret, checkSize, tellRisk, tellTakeOver, wholeKey, wholeValue } from "@rotate/plugin-kit/stores";
import { liveSecret, sealingKey, type LiveSecret } from "./live.ts";
import { logIn } from "./login.ts";
import { options, secretName, type SecretContext } from "./options.ts";
import { sealed } from "./sealed-box.ts";
import { put } from "./write.ts";

/** docs.github.com/actions/reference/secrets-reference, "Limits for secrets". Bytes. */
const largest = 48 * 1024;

/** How long a write whose answer was lost may still land: nothing is documented, edges give up on a request within a minute. Milliseconds. */
const lateWrites = 60_000;

/**
 * A secret of GitHub Actions. It can be written and never read: what it holds is known only from the answer to a write, and there is no
 * condition to write under. So it is written last, whatever it holds, and never taken back.
 */
export const githubSecret = defineSink({
  type: "github-secret",
  options,
  keys: wholeKey,
  lateWrites,

  target: secretName,
  scope: "anywhere",
  login: logIn,

  async check(ctx) {
    const sample = ctx.samples?.["value"];
    if (sample !== undefined) checkFits(sample, ctx);
    await sealingKey(ctx);
    const live = await presentSecret(ctx);
    if (ctx.ours !== true && live !== undefined) tellTakeOver(ctx, secretName(ctx.options));
    if (sample !== undefined && ctx.ours !== true) tellOfMasking(sample, ctx);
  },

  async prepare(values, ctx) {
    const value = wholeValue(values);
    checkFits(value, ctx);
    const key = await sealingKey(ctx);
    const before = await presentSecret(ctx);
    const box = ctx.secret(await sealed(value, key), "encrypted value");
    return { changed: true, commit: (now) => put({ before, key, box }, now) };
  },
});

/** The secret, or undefined where we may make it. */
async function presentSecret(ctx: SecretContext): Promise<LiveSecret | undefined> {
  const live = await liveSecret(ctx);
  if (live === undefined && !ctx.options.create) throw absentSecret(secretName(ctx.options));
  return live;
}

function checkFits(value: Secret, { options: given }: SecretContext): void {
  checkSize(secretName(given), value.reveal(), largest);
}

/** docs.github.com/actions/reference/secrets-reference: a value with structure is masked as a whole, its parts are not. */
function tellOfMasking(sample: Secret, ctx: SecretContext): void {
  if (!/^\s*[{[<]/.test(sample.reveal())) return;
  const remedy = "a job that prints a part of it shows that part: write one secret for each";
  const path = secretName(ctx.options);
  tellRisk(ctx, {
    code: "ROTATE_RISK_SHOWN",
    message: "structured values are masked badly in logs of jobs",
    path,
    remedy,
  });
}
