import { reversible, type HttpAnswer, type Prepared, type Secret } from "@rotate/plugin-kit";
import { changedMeanwhile } from "@rotate/plugin-kit/stores";
import { call, refusedBy } from "./api.ts";
import { liveVariable, scopeQuery, variablePath, type LiveVariable } from "./live.ts";
import { placePath, variableName, type VariableContext } from "./options.ts";

/** A write, made from what was there when we looked. */
export interface Write {
  /** Undefined: the variable was not there. */
  readonly before: LiveVariable | undefined;
  readonly value: Secret;
}

/** GitLab takes whatever comes last: what was there before is looked at, and nothing holds the write by it. */
export function variableWrite(write: Write): Pick<Prepared<VariableContext>, "commit" | "undo"> {
  return reversible<VariableContext>({ commit: (ctx) => commit(write, ctx), undo: (ctx) => undo(write, ctx) });
}

async function commit({ before, value }: Write, ctx: VariableContext): Promise<void> {
  const live = await liveVariable(ctx);
  if (live?.value !== before?.value) throw changedMeanwhile(variableName(ctx.options));
  checked(await (live === undefined ? create(value, ctx) : update(value, ctx)), "write", ctx);
}

/** Nothing but the value: all else stays as it is. */
function update(value: Secret, ctx: VariableContext): Promise<HttpAnswer> {
  return call({ method: "PUT", path: variablePath(ctx), query: scopeQuery(ctx), json: { value } }, ctx);
}

function create(value: Secret, ctx: VariableContext): Promise<HttpAnswer> {
  const { key, environmentScope: environment_scope, masked, protected: isProtected } = ctx.options;
  const settings = { masked, protected: isProtected, raw: true, description: "managed by rotate" };
  const json = { key, value, environment_scope, ...settings };
  return call({ method: "POST", path: `${placePath(ctx.options)}/variables`, json }, ctx);
}

async function undo({ before, value }: Write, ctx: VariableContext): Promise<void> {
  const live = await liveVariable(ctx);
  if (live?.value === before?.value) return;
  if (live?.value !== value.reveal()) throw changedMeanwhile(variableName(ctx.options));
  const back = before === undefined ? remove(ctx) : update(ctx.secret(before.value, "earlier value"), ctx);
  checked(await back, "put back", ctx);
}

/** Only one that we made, and that holds what we wrote. */
function remove(ctx: VariableContext): Promise<HttpAnswer> {
  return call({ method: "DELETE", path: variablePath(ctx), query: scopeQuery(ctx) }, ctx);
}

function checked(answer: HttpAnswer, what: string, { options }: VariableContext): void {
  if (![200, 201, 204].includes(answer.status)) throw refusedBy(answer, `cannot ${what} ${variableName(options)}`);
}
