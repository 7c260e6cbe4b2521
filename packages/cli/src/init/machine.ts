import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homeDirectory } from "@rotate/core";
import type { Machine } from "@rotate/plugin-kit";

/** This machine, for who looks for logins on it. */
export function thisMachine(env: NodeJS.ProcessEnv): Machine {
  return {
    env,
    home: homeDirectory(env),
    read: (path) => readFile(path, "utf8").catch(() => undefined), // not there, or not ours to read: no login
  };
}

/** What kind of place a spec is written in: it decides what is proposed first. */
export type Surroundings = "pod" | "laptop" | "host";

/** A pod has a service account; a laptop a battery, or is a Mac. */
export function surroundingsOf({ env }: Pick<Machine, "env">): Surroundings {
  if (env["KUBERNETES_SERVICE_HOST"]) return "pod";
  const supplies = "/sys/class/power_supply";
  const hasBattery = existsSync(supplies) && readdirSync(supplies).some((name) => name.startsWith("BAT"));
  return hasBattery || process.platform === "darwin" ? "laptop" : "host";
}
