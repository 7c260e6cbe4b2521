/** Every state of the standing table, reached on the real engine: an endpoint gives what `credential` gives, and neither gives what status calls expired. */
import { isRotateError, type EndpointCredential } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import type { CurrentCredential } from "../../src/engine/credential.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createAnswers } from "../../src/serving/answers.ts";
import { rows, type Row } from "../engine/states.ts";
import { createScene, minute, type Scene } from "../engine/support.ts";

async function reached({ edit, reach }: Row): Promise<Scene> {
  const scene = createScene(edit);
  await reach(scene);
  return scene;
}

/** What somebody who asks an endpoint is given, or why nothing. */
async function served(engine: Engine): Promise<EndpointCredential | Error> {
  const offer = engine.parts().deps.offers!.open("db", { pulls: true, sessions: false, window: 0 });
  const signal = new AbortController().signal;
  const troubles = { raise: () => undefined, over: () => undefined, current: () => [] };
  const daemon = { ask: <T>(question: (asked: Engine) => Promise<T>) => question(engine), stopping: signal, troubles };
  const answers = createAnswers({ name: "db", offer, engine, daemon, signal });
  return answers.current({ patience: 60 * minute }).catch((error: Error) => error);
}

async function asked(engine: Engine): Promise<CurrentCredential | Error> {
  return engine.credential("db").catch((error: Error) => error);
}

function endOf(given: EndpointCredential | CurrentCredential | Error): number | "never" | "nothing" {
  if (given instanceof Error) return "nothing";
  const { expiresAt = "never" } = given;
  return expiresAt === "never" ? expiresAt : new Date(expiresAt).getTime();
}

test.each(rows.filter(({ state, elsewhere }) => state !== "orphaned" && !elsewhere))(
  "$state ($code), exit $exit: whoever asks an endpoint is given what status tells of, or nothing",
  async (row) => {
    const scene = await reached(row);
    const given = await scene.ask(served);
    const { state, credential } = await scene.status();
    const told = given instanceof Error ? isRotateError(given) && given.code : given.fingerprint;
    const isGiven = (state !== "expired" || row.successorWorks) && !(given instanceof Error);
    expect(told).toBe(isGiven ? credential?.fingerprint : "UNAVAILABLE");
    const other = await (await reached(row)).ask(asked);
    // What somebody changed is read from nowhere: an endpoint has to give something, and mints it; a command line can say so.
    expect(endOf(other)).toBe(row.code === "changed" ? "nothing" : endOf(given));
  },
);

test("whoever is given a credential whose age nobody can tell is told to ask again in a minute, and not the end that a wrong clock gave it", async () => {
  const row = rows.find(({ code }) => code === "clock")!;
  const scene = await reached(row);
  const given = await scene.ask(served);
  expect((given as EndpointCredential).remaining()).toBe(minute);
  const other = await (await reached(row)).ask(asked);
  expect(endOf(other)).toBe(scene.now() + minute);
});
