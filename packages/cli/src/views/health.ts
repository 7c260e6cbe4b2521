import type { DaemonView, RotationStatus } from "@rotate/core";
import { type Answer, fail, json } from "./answer.ts";
import type { Overview } from "./overview.ts";
import type { Route } from "./routes.ts";

/** What health is read from. */
export interface HealthParts {
  readonly daemon: Pick<DaemonView, "sinceLook" | "phase">;
  readonly read: () => Promise<Overview>;
}

/** The loop sleeps for half a minute at most: older than this, it hangs. ms */
const hangs = 120_000;

/** `/livez`, `/readyz` and `/startupz`, without names: for whoever starts this process again, or waits for what it writes. */
export function healthRoutes(parts: HealthParts): readonly Route[] {
  return [
    { path: "/livez", answer: async () => alive(parts.daemon) },
    {
      path: "/readyz",
      answer: async () => {
        const { state, status } = readiness(await parts.read());
        return json({ state }, { status });
      },
    },
    {
      path: "/startupz",
      answer: async () => {
        const { phase, rotations } = await parts.read();
        const waiting = rotations.filter((one) => !isReady(one)).length;
        if (phase !== "running" || waiting > 0) return json({ state: "waiting", waiting }, { status: 503 });
        return json({ state: "started" });
      },
    },
  ];
}

/** The same with all that is known: `/readyz` tells what is wrong, `/readyz/NAME` of one rotation. */
export function readyRoutes({ read }: HealthParts): readonly Route[] {
  return [
    {
      path: "/readyz",
      answer: async () => {
        const overview = await read();
        const { state, status } = readiness(overview);
        const { summary, causes, troubles, at: updatedAt } = overview;
        return json({ state, updatedAt, summary, causes, troubles }, { status });
      },
    },
    {
      path: "/readyz/:name",
      answer: async ({ params: { name = "" } }) => {
        const { rotations, at: updatedAt } = await read();
        const one = rotations.find((each) => each.name === name);
        if (one === undefined) return fail(404, `no rotation is named ${name}`);
        const { state, code, reason, expiresAt } = one;
        return json({ state, code, reason, expiresAt, updatedAt }, { status: isReady(one) ? 200 : 503 });
      },
    },
  ];
}

/** Does its loop come round? Before the first look it has time. */
export function isAlive({ sinceLook }: Pick<DaemonView, "sinceLook">): boolean {
  return (sinceLook() ?? 0) <= hangs;
}

function alive(daemon: HealthParts["daemon"]): Answer {
  const since = daemon.sinceLook() ?? 0;
  if (isAlive(daemon)) return json({ state: "alive" });
  return json({ state: "hanging", reason: `it has not looked for ${Math.round(since / 1000)} s` }, { status: 503 });
}

/** What it has to show works: not expired, not inside its margin, and not lacking altogether. */
export function isReady({ exit, state, credential }: RotationStatus): boolean {
  return exit !== 3 && (credential !== undefined || state === "ejected");
}

function readiness({ phase, rotations }: Overview): { readonly state: string; readonly status: 200 | 503 } {
  if (phase !== "running") return { state: phase, status: 503 };
  return rotations.some(({ exit }) => exit === 3)
    ? { state: "not ready", status: 503 }
    : { state: "ready", status: 200 };
}
