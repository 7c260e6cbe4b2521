/** Every state of the standing table, reached on the real engine, and what this package makes of it: page, health, metrics, headline, `exec`. They say what `status` says. */
import { causesOf, type Engine, type StatusReport } from "@rotate/core";
import { expect, test } from "vitest";
import { rows } from "../../../core/test/engine/states.ts";
import { createScene, type Scene } from "../../../core/test/engine/support.ts";
import { currentValues, type Given } from "../../src/exec/environment.ts";
import { headline, worstSentence } from "../../src/output/headline.ts";
import { lifeLeft } from "../../src/output/time.ts";
import { lifeText } from "../../page/words.ts";
import { createDaemonScene, get } from "./support.ts";

interface Seen {
  readonly status: StatusReport;
  readonly list: Pick<StatusReport, "rotations" | "causes" | "summary">;
  readonly detail: { readonly rotation: StatusReport["rotations"][number] };
  readonly one: { readonly status: number; readonly body: Record<string, unknown> };
  readonly ready: number;
  readonly started: number;
  readonly metrics: string;
}

/** What a watch that looks with this engine, and acts on nothing, tells at one moment. */
async function look(engine: Engine): Promise<Seen> {
  const status = await engine.status({ byDaemon: true });
  const watch = createDaemonScene();
  watch.set({ engine, more: status });
  const url = await watch.listen();
  const [list, detail, one, ready, started, metrics] = await Promise.all(
    ["/api/v1/rotations", "/api/v1/rotations/db", "/readyz/db", "/readyz", "/startupz", "/metrics"].map((path) =>
      get(url + path),
    ),
  );
  return {
    status,
    list: list!.json() as never,
    detail: detail!.json() as never,
    one: { status: one!.status, body: one!.json() },
    ready: ready!.status,
    started: started!.status,
    metrics: metrics!.text,
  };
}

function sampleOf(metrics: string, name: string): string | undefined {
  const [line] = metrics.split("\n").filter((text) => text.startsWith(`${name}{rotation="db"`));
  return line?.split(" ").at(-1);
}

test.each(rows)("$state ($code), exit $exit: the page, its JSON and the health of a watch say so", async (row) => {
  const { edit, reach } = row;
  const well = { state: "fresh", code: "fresh", exit: 0, alarm: undefined };
  const { state, code, exit, alarm } = row.daemonHelps ? well : row;
  const scene = createScene(edit);
  await reach(scene);
  const { status, list, detail, one, ready, started, metrics } = await scene.ask(look);
  const told = status.rotations.find(({ name }) => name === "db")!;
  expect(told).toMatchObject({ state, code, exit, ...(alarm && { alarm }) });
  expect(list.rotations).toEqual(JSON.parse(JSON.stringify(status.rotations)));
  expect(list.summary).toEqual(status.summary);
  expect(list.causes.map(({ id }) => id)).toEqual(causesOf(status.rotations).map(({ id }) => id));
  expect(detail.rotation).toMatchObject(JSON.parse(JSON.stringify(told)) as object);
  expect(one.body).toMatchObject({ state, code, ...(told.expiresAt && { expiresAt: told.expiresAt }) });
  const isMinted = told.credential !== undefined || state === "ejected";
  expect(one.status).toBe(exit !== 3 && isMinted ? 200 : 503);
  expect(ready).toBe(status.rotations.some((each) => each.exit === 3) ? 503 : 200);
  expect(started).toBe(one.status);
  expect(sampleOf(metrics, "rotate_credential_ready_status")).toBe(exit === 0 ? "1" : "0");
  const ends = told.expiresAt === undefined ? undefined : String(Date.parse(told.expiresAt) / 1000);
  expect(sampleOf(metrics, "rotate_credential_expiration_timestamp_seconds")).toBe(ends);
});

test.each(rows)(
  "$state ($code), exit $exit: the words of status and of the page name it, and end it only where it ends",
  async (row) => {
    const scene = createScene(row.edit);
    await row.reach(scene);
    const { rotations } = await scene.ask((engine) => engine.status());
    const only = rotations.filter(({ name }) => name === "db");
    const worst = worstSentence(only, scene.now());
    expect(worst?.state).toBe(row.exit === 0 ? undefined : row.state);
    const screen = { now: scene.now(), signs: "none", paint: (_: string, text: string) => text } as never;
    const [one] = only;
    const ends = [one?.expiresAt, one?.credential?.expiresAt].some((end) => end !== undefined);
    expect(lifeLeft(one!, scene.now()) === "never ends").toBe(!ends);
    expect(lifeText(one!, scene.now()) === "does not end by itself").toBe(!ends && one?.credential !== undefined);
    expect(headline(only, screen).includes("db")).toBe(row.exit !== 0 || row.state === "fresh");
  },
);

/** What a command is given now. Undefined: nothing. */
async function given(engine: Engine, { now }: Scene): Promise<Given | undefined> {
  const asking = { minRemaining: 0, word: "", now, signal: new AbortController().signal };
  return currentValues(engine, ["db"], asking).catch(() => undefined);
}

test.each(rows.filter(({ state, elsewhere }) => state !== "orphaned" && !elsewhere))(
  "$state ($code), exit $exit: a command of `exec` gets what status tells of, and nothing that it calls expired or changed",
  async ({ code, successorWorks, edit, reach }) => {
    const scene = createScene(edit);
    await reach(scene);
    const got = await scene.ask((engine) => given(engine, scene));
    const { state, credential } = await scene.status();
    const end = credential?.expiresAt === undefined ? Infinity : Date.parse(credential.expiresAt);
    // One whose age nobody can tell is asked for again in a minute.
    const ends = code === "clock" ? scene.now() + 60_000 : end;
    const isDead = state === "expired" && !successorWorks;
    const isKnown = credential !== undefined && !isDead && state !== "drift" && state !== "foreign";
    expect(got?.ends).toBe(isKnown ? ends : undefined);
  },
);
