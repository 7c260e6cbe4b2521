import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { systemClock } from "@rotate/runtime";
import type { RotationReport } from "../../src/report.ts";
import { readMachine } from "../../src/local/machine.ts";
import { probeEntry, rotationIn } from "./spec.ts";
import { createScene, type Scene } from "./support.ts";

/** How a process of its own ended. */
export interface Driven {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly report: RotationReport | undefined;
}

/** Runs driver.ts over the scene's directory; see there what `at` may be. */
export async function runDriver(scene: Scene, at = ""): Promise<Driven> {
  const script = join(import.meta.dirname, "driver.ts");
  const child = spawn(process.execPath, ["--conditions=rotate:src", script, scene.directory, ...at.split(" ")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [out, [code, signal]] = await Promise.all([
    text(child.stdout),
    once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, report: out === "" ? undefined : (JSON.parse(out) as RotationReport) };
}

/** The scene that driver.ts knows: sinks `a` and `b`, health, the machine's own clocks. */
export function twoSinks(): Scene {
  const scene = createScene();
  scene.now = Date.now;
  scene.rotations = [{ ...rotationIn(scene, { sinks: ["a", "b"] }), health: [probeEntry(scene, "health")] }];
  scene.runtime = { ...scene.runtime, ...systemClock() };
  scene.machine = readMachine();
  return scene;
}
