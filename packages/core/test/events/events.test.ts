import { expect, test } from "vitest";
import { createEvents, type EngineEvent } from "../../src/events.ts";
import { createScene } from "../engine/support.ts";

const event: EngineEvent = { type: "waiting-for-lock", rotation: "db" };

function hub() {
  const logs: string[] = [];
  const events = createEvents({ warn: (message, fields) => void logs.push(`${message} ${String(fields?.["error"])}`) });
  return { events, logs };
}

function rejectLater(): Promise<void> {
  return Promise.reject(new Error("later"));
}

test("everybody who listens is told, until they stop", () => {
  const { events } = hub();
  const heard: string[] = [];
  events.on(({ type }) => void heard.push(`one ${type}`));
  const stop = events.on(({ type }) => void heard.push(`two ${type}`));
  events.emit(event);
  stop();
  events.emit(event);
  expect(heard).toEqual(["one waiting-for-lock", "two waiting-for-lock", "one waiting-for-lock"]);
});

test("a listener that throws is logged once, and nobody else is the worse for it", () => {
  const { events, logs } = hub();
  const heard: string[] = [];
  events.on(() => {
    throw new Error("no disk");
  });
  events.on(({ type }) => void heard.push(type));
  for (let times = 0; times < 3; times++) events.emit(event);
  expect(heard).toHaveLength(3);
  expect(logs).toEqual([expect.stringMatching(/^a listener of events failed.* no disk$/)]);
});

test("one that fails later, or that throws what is no error, is caught as well", async () => {
  const { events, logs } = hub();
  events.on(rejectLater);
  events.on(() => {
    throw "text" as unknown as Error;
  });
  events.emit(event);
  await new Promise(setImmediate);
  expect(logs.map((line) => line.split(" ").at(-1))).toEqual(["text", "later"]);
});

test("one that stops listening while it is told is told no more", () => {
  const { events } = hub();
  let times = 0;
  const stop = events.on(() => {
    times++;
    stop();
  });
  events.emit(event);
  events.emit(event);
  expect(times).toBe(1);
});

test("a listener that throws does not end a rotation between its writes", async () => {
  const scene = createScene();
  scene.onEvent = (told) => {
    if (told.type === "phase-finished" && told.phase.phase === "commit") throw new Error("a broken notifier");
  };
  expect((await scene.run()).db.outcome).toBe("rotated");
  expect(scene.reloads()).toEqual(["app rotated db value-1"]);
  expect(scene.logs.filter((line) => line.includes("a broken notifier"))).toHaveLength(1);
});
