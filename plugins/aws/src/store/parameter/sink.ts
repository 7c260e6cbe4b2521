import { defineSink, RotateError, type SinkContext, reversible } from "@rotate/plugin-kit";
import { followedPlaces, sourcePlaces, sourceScope, type KeySource } from "../../source/index.ts";
import { logIn } from "../login.ts";
import { refuseSeveral } from "../secret/text.ts";
import { options, type ParameterOptions } from "./options.ts";
import { mostVersions, readHistory, readParameter, refuseUnfit, type Kept } from "./wire.ts";
import { perform, refuseLarge, takeBack } from "./write.ts";

/** AWS takes no signature that is older: a request that still waits then is refused. ms */
const lateWrites = 300_000;

/** One parameter of the SSM Parameter Store: one value. It has no compare-and-swap; key, type and tier stay as they are. */
export const awsSsmParameter = defineSink({
  type: "aws-ssm-parameter",
  options,
  keys: { pattern: "[A-Za-z_][A-Za-z0-9_.-]{0,127}", description: "any one name: a parameter is one value" },
  lateWrites,
  target: ({ name, region = "" }) => `parameter ${name}${region === "" ? "" : ` in ${region}`}`,
  reads: sourcePlaces,
  follows: followedPlaces,
  scope: sourceScope,
  login: logIn,

  async check(ctx) {
    const { keys = [], samples = {} } = ctx;
    refuseSeveral(keys);
    const found = await readParameter(ctx);
    refuseUnfit(found, ctx);
    if (found === undefined) return;
    const kept = await readHistory(ctx);
    refuseFull(kept, ctx);
    const [sample] = Object.values(samples);
    if (sample !== undefined) refuseLarge({ value: sample.reveal(), kept }, ctx);
    tellOf(found.type, ctx);
  },
  async prepare(values, ctx) {
    refuseSeveral(Object.keys(values));
    const [wanted] = Object.values(values);
    const before = await readParameter(ctx);
    refuseUnfit(before, ctx);
    const value = wanted?.reveal() ?? "";
    const changed = before?.value !== value;
    const kept = before === undefined || !changed ? undefined : await readHistory(ctx);
    const write = { before, value, kept, ours: ctx.ours === true };
    refuseLarge(write, ctx);
    return {
      changed,
      ...reversible({
        commit: (later) => perform(write, later),
        undo: (later) => takeBack(write, later),
      }),
    };
  },
  async read(keys, ctx) {
    const [key] = keys;
    const found = await readParameter(ctx);
    return found === undefined || key === undefined ? {} : { [key]: ctx.secret(found.value, key) };
  },
});

/** The oldest of a hundred versions makes way for a new one, unless somebody labelled it. */
function refuseFull({ versions, labelsOfOldest }: Kept, ctx: SinkContext<ParameterOptions, KeySource>): void {
  if (versions < mostVersions || labelsOfOldest.length === 0) return;
  const message = `${ctx.options.name} has ${versions} versions, and the oldest is labelled ${labelsOfOldest.join(", ")}`;
  throw new RotateError(message, {
    code: "INVALID",
    retryable: false,
    noEffect: true,
    hint: "move the label to a newer version (aws ssm label-parameter-version): it keeps the oldest from making way",
  });
}

function tellOf(
  type: string,
  { options: { name }, ours = false, log }: SinkContext<ParameterOptions, KeySource>,
): void {
  if (type === "String")
    log.warn("the parameter is of type String: whoever may list it reads the secret", {
      parameter: name,
      remedy: "its type cannot be changed: make another one, a SecureString",
    });
  if (ours) return;
  log.warn("takes over what something else wrote", {
    parameter: name,
    remedy:
      "Terraform's aws_ssm_parameter would put its own value back: `lifecycle { ignore_changes = [value] }` keeps it from that",
  });
}
