import type { Infer } from "@rotate/plugin-kit";
import { formatDuration, parsePercentage } from "@rotate/runtime";
import { nameOf, type Fault, type Path } from "../fault.ts";
import type { RefreshPolicy, RefreshRule } from "../../schedule/policy.ts";
import type { refreshSettings } from "../settings.ts";
import { marginOf } from "../../schedule/schedule.ts";

type Written = Infer<typeof refreshSettings>;

/** A refresh setting and where it stands. */
export interface WrittenRefresh {
  readonly value: Written;
  readonly path: Path;
}

const rules = ["at", "before", "every", "cron"] as const;
const defaultJitter = 0.1;

/** A cron expression of the spec, to be held against the cron parser once for all. */
export interface WrittenCron {
  readonly cron: string;
  readonly timezone: string | undefined;
  readonly path: Path;
  /** ms that a credential can be left alone: a rule that never comes so soon cannot be kept. */
  readonly life?: number;
}

/** The policy of a rotation: its own settings before the spec's defaults; a rule replaces a rule whole. */
export function compileRefresh(
  own: WrittenRefresh,
  defaults: WrittenRefresh,
  ttl: number | undefined,
): { readonly policy: RefreshPolicy; readonly faults: readonly Fault[] } {
  const ruling = hasRule(own.value) ? own : defaults;
  const jitter = own.value.jitter ?? defaults.value.jitter;
  const policy = {
    rule: ruleOf(ruling.value),
    jitter: jitter === undefined ? defaultJitter : (parsePercentage(jitter) ?? defaultJitter),
    margin: own.value.margin ?? defaults.value.margin,
    windows: (own.value.windows ?? defaults.value.windows ?? []).map((window) => ({
      ...window,
      timezone: window.timezone,
    })),
  };
  return { policy, faults: [...checkLife(policy, ruling.path, ttl)] };
}

function hasRule(value: Written): boolean {
  return rules.some((rule) => value[rule] !== undefined);
}

function ruleOf({ at, before, every, cron, timezone }: Written): RefreshRule | undefined {
  if (at !== undefined) return { at: parsePercentage(at) ?? 1 };
  if (before !== undefined) return { before };
  if (every !== undefined) return { every };
  return cron === undefined ? undefined : { cron, timezone };
}

/** What is wrong with a refresh setting by itself. */
export function checkRefresh({ value, path }: WrittenRefresh): readonly Fault[] {
  const given = rules.filter((rule) => value[rule] !== undefined);
  const faults: Fault[] = [];
  if (given.length > 1) {
    faults.push({
      path,
      message: `${nameOf(path)} has ${given.join(" and ")}: only one of them can rule`,
      hint: "keep one",
    });
  }
  if (value.timezone !== undefined && value.cron === undefined) {
    faults.push({ path: [...path, "timezone"], message: `${nameOf(path)}.timezone belongs to a cron` });
  }
  return [
    ...faults,
    ...checkShare(value.at, [...path, "at"], 99),
    ...checkShare(value.jitter, [...path, "jitter"], 50),
  ];
}

function checkShare(text: string | undefined, path: Path, most: number): readonly Fault[] {
  if (text === undefined) return [];
  const share = parsePercentage(text);
  const least = most === 99 ? 1 : 0;
  if (share !== undefined && share * 100 >= least && share * 100 <= most) return [];
  return [{ path, message: `${nameOf(path)} must be between ${least}% and ${most}%` }];
}

/** Every cron expression of a refresh setting. */
export function cronsOf({ value, path }: WrittenRefresh): readonly WrittenCron[] {
  const windows = (value.windows ?? []).map(({ cron, timezone }, index) => ({
    cron,
    timezone,
    path: [...path, "windows", index, "cron"],
  }));
  return value.cron === undefined
    ? windows
    : [{ cron: value.cron, timezone: value.timezone, path: [...path, "cron"] }, ...windows];
}

/** What cannot be kept for a credential that lives `ttl` milliseconds: it would be in its margin when its time comes. */
function checkLife(policy: RefreshPolicy, path: Path, ttl: number | undefined): readonly Fault[] {
  if (ttl === undefined) return [];
  const { rule, margin } = policy;
  const [life, kept] = [formatDuration(ttl), marginOf({ span: ttl }, policy)];
  const latest = ttl - kept;
  const faults: Fault[] = [];
  if (margin !== undefined && margin > ttl / 5) {
    faults.push({
      path: [...path, "margin"],
      message: `${nameOf(path)}.margin is ${formatDuration(margin)}, but the credential lives ${life}`,
      hint: `make it ${formatDuration(ttl / 5)} or less: a fifth of the life`,
    });
  }
  const wanted = rule === undefined ? undefined : wantedOf(rule, ttl);
  if (wanted === undefined || wanted.after <= latest) return faults;
  faults.push({
    path: [...path, wanted.key],
    message: `${nameOf(path)}.${wanted.key} is ${wanted.text}, but the credential lives ${life} and is to be replaced ${formatDuration(kept)} before its end`,
    hint: `let it be replaced within ${formatDuration(latest)} of its life, or make \`margin\` smaller`,
  });
  return faults;
}

/** When the rule wants a credential replaced, ms after it was minted; undefined when only the calendar tells. */
function wantedOf(
  rule: RefreshRule,
  ttl: number,
): { readonly key: string; readonly text: string; readonly after: number } | undefined {
  if ("every" in rule) return { key: "every", text: formatDuration(rule.every), after: rule.every };
  if ("before" in rule)
    return {
      key: "before",
      text: formatDuration(rule.before),
      after: rule.before >= ttl ? Infinity : ttl - rule.before,
    };
  if ("at" in rule && rule.at < 1) return { key: "at", text: `${Math.round(rule.at * 100)}%`, after: ttl * rule.at };
  return undefined;
}

/** A cron rule with what it has to keep alive, held against the calendar with the others. */
export function lifeOfCron(policy: RefreshPolicy, ttl: number | undefined): number | undefined {
  const isCron = policy.rule !== undefined && "cron" in policy.rule;
  return isCron && ttl !== undefined ? ttl - marginOf({ span: ttl }, policy) : undefined;
}
