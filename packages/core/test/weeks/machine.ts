/** The machine that engines run on: its clocks, its processes, and the wire to the issuer. */
import { type HttpAnswer, RotateError, Secret } from "@rotate/plugin-kit";
import { deadlineWith, sleepWith, type Runtime } from "@rotate/runtime";
import type { Machine } from "../../src/local/machine.ts";
import type { Life } from "./clockwork.ts";
import { serve, type Request } from "./issuer.ts";
import { aheadAt, bootAt, epoch, monotonicAt, troubleAt, trueAfter } from "./outside.ts";
import { second, type TroubleKind } from "./scenario.ts";
import type { CallKind, World } from "./world.ts";

/** What the wall clock of the machine shows. */
export function wallOf({ clock, outside }: World): number {
  return epoch + clock.now() + aheadAt(outside, clock.now());
}

export function machineOf({ clock, outside }: World): Machine {
  return {
    machineId: "machine",
    bootId: `boot-${bootAt(outside, clock.now()).id}`,
    uptime: () => clock.now() - bootAt(outside, clock.now()).began,
  };
}

/** Starts a timer that stands still while the machine sleeps. */
function timersOf({ clock, outside }: World, process: Life): Parameters<typeof sleepWith>[0] {
  return (ms, done) => clock.at(trueAfter(outside, clock.now(), ms), done, process);
}

/** What a process is given of the machine. `sleep`: in place of its own. */
export function runtimeOf(world: World, process: Life, sleep?: Runtime["sleep"]): Runtime {
  const { clock, outside } = world;
  const start = timersOf(world, process);
  const slept = sleep ?? sleepWith(start);
  return {
    now: () => wallOf(world),
    monotonic: () => monotonicAt(outside, clock.now()),
    random: world.random,
    sleep: slept,
    deadline: deadlineWith(start),
    http: wireOf(world, sleepWith(start)),
    exec: () => Promise.reject(new Error("no commands here")),
    env: {},
    masker,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined },
  };
}

const masker: Runtime["masker"] = {
  secret: (text) => new Secret(text),
  reveal: (secret) => secret.reveal(),
  holdsSecret: () => false,
  exempt: () => undefined,
  mask: (text) => text,
  stream: () => ({ write: (chunk) => chunk, end: () => "" }),
};

/** ms until a connection is refused, and each way of a request. */
const refusedAfter = 50;
const oneWay = 100;
/** The limit that plugins leave as it is. ms */
export const patience = 30 * second;

const troubles: readonly TroubleKind[] = ["down", "refuse", "5xx", "timeout", "lost", "busy"];

function wireOf(world: World, sleep: Runtime["sleep"]): Runtime["http"] {
  const { clock, outside } = world;
  return async (url, init, signal) => {
    const request = init.json as Request;
    const place = world.places.get(request.account ?? "");
    const kind = new URL(url).pathname.slice(1) as CallKind;
    world.witness.called(place, kind);
    const trouble = troubleAt(outside, clock.now(), troubles);
    const flaky = troubleAt(outside, clock.now(), ["flake"]);
    try {
      if (trouble?.kind === "down" || (flaky && world.random() < (flaky.share ?? 0.1))) {
        await sleep(refusedAfter, signal);
        throw new RotateError("connection refused", { code: "UNAVAILABLE", retryable: true, noEffect: true });
      }
      if (trouble?.kind === "timeout") {
        if (place) world.witness.waits(place, patience);
        await sleep(patience, signal);
        throw new RotateError("no answer", { code: "TIMEOUT", retryable: true });
      }
      await sleep(oneWay, signal);
      const status = trouble && statusOf[trouble.kind];
      const answer = status === undefined ? serve(world, { ...request, kind }) : undefined;
      await sleep(oneWay, signal);
      if (trouble?.kind === "lost")
        throw new RotateError("the connection broke", { code: "UNAVAILABLE", retryable: true });
      if (answer === undefined) world.witness.failed(place, kind, status === 500);
      else if (place) world.witness.answered(place, kind);
      return answerOf(world, answer === undefined ? (status ?? 400) : 200, {
        body: answer,
        retryAfter: trouble?.kind === "busy" ? trouble.share : undefined,
      });
    } catch (error) {
      world.witness.failed(place, kind, trouble !== undefined && trouble.kind !== "down");
      throw error;
    }
  };
}

const statusOf: Partial<Record<TroubleKind, number>> = { refuse: 403, "5xx": 500, busy: 429 };

/** With the issuer's `Date`, where it sends one: RFC 9110 §6.6.1. */
function answerOf(
  { clock, scenario }: World,
  status: number,
  { body, retryAfter }: { readonly body: unknown; readonly retryAfter: number | undefined },
): HttpAnswer {
  const headers = new Headers(scenario.skewKnown ? { date: new Date(epoch + clock.now()).toUTCString() } : {});
  const json = (): never => body as never;
  return { status, ok: status === 200, headers, text: () => "", json, tryJson: json, retryAfter };
}

/** True time of an instant that the machine's wall clock will show, as it stands now. */
export function trueOf(world: World, wall: number): number {
  return world.clock.now() + (wall - wallOf(world));
}
