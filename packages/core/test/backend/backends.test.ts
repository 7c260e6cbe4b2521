import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeClock } from "@rotate/testkit";
import { describe } from "vitest";
import { openLocalBackend } from "../../src/local/open-local.ts";
import { createRuntime } from "@rotate/runtime";
import { createRotationClock } from "../../src/schedule/clock.ts";
import { proveBackend, type Setting } from "./contract.ts";
import { createMemoryState, openMemoryBackend } from "./memory.ts";

function machineWith(clock = createFakeClock({ autoAdvance: true })) {
  const machine = { machineId: "m", bootId: "b", uptime: clock.monotonic };
  return { clock, machine, runtime: createRuntime({ clock, env: {}, random: () => 0.5 }) };
}

async function localSetting(): Promise<Setting> {
  const directory = mkdtempSync(join(tmpdir(), "rotate-backend-"));
  const { clock, machine, runtime } = machineWith();
  const spec = { name: "test", file: join(directory, "rotate.yaml"), stateDir: undefined };
  return {
    open: () => openLocalBackend({ spec, runtime, machine, stateDir: directory }),
    usurp: () => rmSync(join(directory, "test", "locks"), { recursive: true }),
    elapsed: clock.monotonic,
    end: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function memorySetting(): Promise<Setting> {
  const { clock, machine, runtime } = machineWith();
  const state = createMemoryState();
  const ground = {
    runtime,
    clock: createRotationClock({ now: clock.now, bootId: machine.bootId, uptime: machine.uptime }),
  };
  const key = Buffer.alloc(32);
  return {
    open: async () => openMemoryBackend(state, ground, key),
    usurp: state.breakLocks,
    elapsed: clock.monotonic,
    end: async () => undefined,
  };
}

describe("the backend of one machine", () => {
  proveBackend(localSetting);
});
describe("the backend in memory", () => {
  proveBackend(memorySetting);
});
