import type { EngineEvent, Events, Outcome, PhaseName, RotationReport, Spec } from "@rotate/core";

/** What happened since the daemon started, counted; as Prometheus reads it. */
export interface Counters {
  readonly text: () => Promise<string>;
  readonly close: () => void;
}

/** What is counted, of which rotations. */
export interface CounterParts {
  readonly events: Pick<Events, "on">;
  readonly spec: () => Spec;
}

const outcomes: readonly Outcome[] = [
  "rotated",
  "renewed",
  "fresh",
  "reused",
  "failed",
  "reload-owed",
  "expired",
  "locked",
];
const phases: readonly PhaseName[] = ["mint", "verify", "commit", "undo", "reload", "health", "settle", "renew"];
/** Seconds. */
const durations = [0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Counts what the events tell. The rotations of the spec have their series from the start; those that leave it have none any more, what stays goes on. */
export async function createCounters({ events, spec }: CounterParts): Promise<Counters> {
  const { Counter, Histogram, Registry } = await import("@prometheus-io/client");
  const registry = new Registry();
  const registers = [registry];
  const rotations = new Counter({
    name: "rotate_rotations_total",
    help: "Visits to a rotation that did something, by what they came to.",
    labelNames: ["rotation", "provider", "outcome"],
    registers,
  });
  const failures = new Counter({
    name: "rotate_rotations_failed_total",
    help: "Phases that failed, by phase and code.",
    labelNames: ["rotation", "provider", "step", "code"],
    registers,
  });
  const took = new Histogram({
    name: "rotate_phase_duration_seconds",
    help: "How long phases took, of all rotations.",
    labelNames: ["phase"],
    buckets: durations,
    registers,
  });
  const retries = new Histogram({
    name: "rotate_rotation_retries",
    help: "Tries that had failed in a row when a rotation succeeded.",
    buckets: [0, 1, 2, 3, 5, 10, 30],
    registers,
  });
  const failed = new Map<string, number>();
  const known = new Map<string, string>();
  for (const phase of phases) took.zero({ phase });

  /** The series of exactly these rotations. */
  function follow(): void {
    const present = new Map(spec().rotations.map(({ name, provider }) => [name, provider.name]));
    for (const [name, provider] of known) if (present.get(name) !== provider) drop(name, provider);
    for (const [name, provider] of present) if (known.get(name) !== provider) begin(name, provider);
  }

  function begin(rotation: string, provider: string): void {
    known.set(rotation, provider);
    for (const outcome of outcomes) rotations.inc({ rotation, provider, outcome }, 0);
  }

  function drop(rotation: string, provider: string): void {
    known.delete(rotation);
    failed.delete(rotation);
    for (const outcome of outcomes) rotations.remove({ rotation, provider, outcome });
    for (const [step, code] of codes.get(rotation) ?? []) failures.remove({ rotation, provider, step, code });
    codes.delete(rotation);
  }

  const codes = new Map<string, (readonly [string, string])[]>();

  function count({ name: rotation, provider, outcome, phases: done }: RotationReport): void {
    if (known.get(rotation) !== provider || done.length === 0) return;
    rotations.inc({ rotation, provider, outcome });
    for (const { phase: step, error } of done) {
      if (error === undefined) continue;
      failures.inc({ rotation, provider, step, code: error.code });
      const seen = codes.get(rotation) ?? [];
      if (!seen.some(([one, code]) => one === step && code === error.code))
        codes.set(rotation, [...seen, [step, error.code]]);
    }
    const isDone = outcome === "rotated" || outcome === "renewed" || outcome === "reused";
    if (isDone) retries.observe(failed.get(rotation) ?? 0);
    failed.set(rotation, isDone ? 0 : (failed.get(rotation) ?? 0) + 1);
  }

  function hear(event: EngineEvent): void {
    if (event.type === "spec-reloaded") follow();
    else if (event.type === "rotation-finished") count(event.report);
    else if (event.type === "phase-finished" && event.phase.result !== "not-run" && event.phase.result !== "skipped")
      took.observe({ phase: event.phase.phase }, event.phase.durationMs / 1000);
  }

  follow();
  const close = events.on(hear);
  return { text: () => registry.metrics(), close };
}
