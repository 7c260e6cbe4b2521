import type { Infer } from "@rotate/plugin-kit";
import { formatDuration, parsePercentage } from "@rotate/runtime";
import { nameOf, type Fault, type Path } from "../fault.ts";
import type { RefreshPolicy, RefreshRule } from "../model.ts";
import type { refreshSettings } from "../settings.ts";

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

/** What cannot work for a credential that lives `ttl` milliseconds. */
function checkLife({ rule, margin }: RefreshPolicy, path: Path, ttl: number | undefined): readonly Fault[] {
  if (ttl === undefined) return [];
  const life = formatDuration(ttl);
  const faults: Fault[] = [];
  if (rule !== undefined && "every" in rule && rule.every >= ttl) {
    faults.push({
      path: [...path, "every"],
      message: `${nameOf(path)}.every is ${formatDuration(rule.every)}, but the credential lives ${life}`,
      hint: `make it shorter than ${life}, or leave refresh out`,
    });
  }
  if (rule !== undefined && "before" in rule && rule.before >= ttl) {
    faults.push({
      path: [...path, "before"],
      message: `${nameOf(path)}.before is ${formatDuration(rule.before)}, but the credential lives ${life}`,
      hint: `make it shorter than ${life}`,
    });
  }
  if (margin !== undefined && margin >= ttl) {
    faults.push({
      path: [...path, "margin"],
      message: `${nameOf(path)}.margin is ${formatDuration(margin)}, but the credential lives ${life}`,
      hint: `make it shorter than ${life}`,
    });
  }
  return faults;
}
