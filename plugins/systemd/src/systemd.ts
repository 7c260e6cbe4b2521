import { type Context, defineReload, type Infer, type ObjectSchema, RotateError } from "@rotate/plugin-kit";
import { journal, systemctl, systemctlError } from "./systemctl.ts";
import { isDone, isMoving, type UnitState, unitState } from "./unit-state.ts";

const options = {
  type: "object",
  properties: {
    unit: {
      type: "string",
      pattern: "^[A-Za-z0-9:_.\\\\@][A-Za-z0-9:_.\\\\@-]*$",
      maxLength: 255,
      description: "The unit's name; `.service` is understood.",
      examples: ["backstage.service"],
    },
    action: { enum: ["restart", "reload", "reload-or-restart"], default: "restart" },
    scope: { enum: ["system", "user"], default: "system", description: "Whose manager." },
    stableFor: {
      type: "string",
      format: "duration",
      default: "1s",
      description: "How long the unit must stay active: a program that starts and dies is not up.",
    },
    adopts: {
      type: "boolean",
      description:
        "Does success show that the unit holds the new credential? Default: yes for restart, no for what may be a reload.",
    },
  },
  required: ["unit"],
} as const satisfies ObjectSchema;
type Ctx = Context<Infer<typeof options>>;

/** Milliseconds between two looks at a unit that is on its way. */
const interval = 200;

/** Restarts or reloads a systemd unit, and waits until it is active and stays so. */
export const systemd = defineReload({
  type: "systemd",
  start: { title: "a systemd unit is restarted or reloaded", options: ["action"] },
  options,

  adopts: ({ action, adopts }) => adopts ?? action === "restart",
  async check(ctx) {
    const { unit, action } = ctx.options;
    const state = await unitState(ctx);
    checkLoaded(unit, state);
    if (action !== "reload") return;
    if (state.CanReload !== "yes") {
      const hint = "give it ExecReload= or Type=notify-reload, or set `action: restart`";
      throw new RotateError(`${unit} cannot be reloaded`, { code: "INVALID", retryable: false, hint });
    }
    if (state.ActiveState !== "active") ctx.log.warn("the unit is not active, so it cannot be reloaded now", { unit });
  },
  async run(_event, ctx) {
    const { unit, action, stableFor } = ctx.options;
    const since = ctx.now();
    const before = await unitState(ctx);
    checkLoaded(unit, before);
    const answer = await systemctl(ctx, action);
    if (answer.exitCode !== 0) throw await failed(`${unit} did not ${action}`, ctx, { answer, since });
    const after = await settled(ctx, since);
    if (action === "restart" && after.InvocationID !== "" && after.InvocationID === before.InvocationID) {
      throw await failed(`${unit} was not restarted: it is the same invocation as before`, ctx, { since });
    }
    if (isDone(after)) return;
    await ctx.sleep(stableFor);
    const later = await settled(ctx, since);
    if (later.InvocationID === after.InvocationID && later.NRestarts === after.NRestarts) return;
    throw await failed(`${unit} started and died`, ctx, { since });
  },
});

const loadFaults: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  masked: { what: "is masked", hint: "systemctl unmask it" },
  "bad-setting": { what: "has a fault in its file", hint: "see `systemd-analyze verify` of the unit" },
  error: { what: "cannot be loaded", hint: "see `systemctl status` of the unit" },
};

function checkLoaded(unit: string, { LoadState }: UnitState): void {
  if (LoadState === "not-found") {
    const hint = "check the name and `scope`, and `systemctl daemon-reload` after installing the unit";
    throw new RotateError(`the unit ${unit} does not exist`, { code: "NOT_FOUND", retryable: false, hint });
  }
  const fault = loadFaults[LoadState];
  if (fault !== undefined)
    throw new RotateError(`${unit} ${fault.what}`, { code: "INVALID", retryable: false, hint: fault.hint });
}

/** Waits until the unit is on its way no more. Throws FAILED unless it is then active, or a one-shot that is done. */
async function settled(ctx: Ctx, since: number): Promise<UnitState> {
  let state = await unitState(ctx);
  while (isMoving(state)) {
    await ctx.sleep(interval);
    state = await unitState(ctx);
  }
  if (state.ActiveState === "active" || isDone(state)) return state;
  const { ActiveState, SubState, Result } = state;
  throw await failed(`${ctx.options.unit} is ${ActiveState} (${SubState}, ${Result})`, ctx, { since });
}

interface Failure {
  readonly answer?: Awaited<ReturnType<typeof systemctl>>;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** With what the unit wrote, where systemctl only says that the unit failed. */
async function failed(message: string, ctx: Ctx, { answer, since }: Failure): Promise<RotateError> {
  const hint = `see journalctl of ${ctx.options.unit}; after too many starts, \`systemctl reset-failed\``;
  const error = answer === undefined ? undefined : systemctlError(message, answer, hint);
  if (error !== undefined && error.code !== "FAILED") return error;
  const text = `${message}: ${await journal(ctx, since)}`;
  return new RotateError(text, { code: "FAILED", retryable: false, hint });
}
