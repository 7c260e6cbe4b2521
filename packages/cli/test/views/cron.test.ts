import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { answering } from "@rotate/doubles";
import type { Alarm } from "@rotate/plugin-kit";
import { expect, onTestFinished, test } from "vitest";
import { folderWith, rotate } from "../support.ts";

function rotationTo(path: string): object {
  return { provider: "local", sinks: [{ type: "file", path, values: { content: "{{ token }}" } }] };
}

test("runs of cron tell what is wrong once, and that it is over, beat after each, leave the metrics, and record every act without a value", async () => {
  const alarms: Alarm[] = [];
  let beats = 0;
  const { url, close } = await answering((request, response) => {
    if (request.url === "/beat") beats++;
    else void text(request).then((body) => alarms.push(JSON.parse(body) as Alarm));
    response.end();
  });
  onTestFinished(close);
  const folder = folderWith();
  function save(rotations: object): void {
    const spec = {
      version: 1,
      name: "cron",
      providers: { local: { type: "jwt", issuer: "me", key: { path: "key.pem" } } },
      rotations,
      notify: [{ type: "http", url: { env: "OPS" }, after: 1 }],
      monitor: { textfile: "rotate.prom", heartbeat: { url: { env: "HEART" } } },
      audit: { file: "audit.jsonl" },
    };
    writeFileSync(join(folder, "rotate.yaml"), JSON.stringify(spec));
  }
  const env = { OPS: `${url}/ops`, HEART: `${url}/beat` };
  const run = async (...flags: string[]) => (await rotate(["run", ...flags], { cwd: folder, env })).code;
  const told = (): readonly unknown[] => alarms.map(({ steps }) => steps);

  save({ one: rotationTo("one") });
  expect([await run(), beats, told()]).toEqual([0, 1, []]);
  save({ one: rotationTo("one"), two: rotationTo("absent/two") });
  expect([await run(), await run("--force")]).toEqual([1, 1]);
  expect(told()).toEqual([{ two: "failed" }]);
  const metrics = readFileSync(join(folder, "rotate.prom"), "utf8");
  expect(metrics).toContain('ready_status{rotation="one",provider="local"} 1');
  expect(metrics).toContain('ready_status{rotation="two",provider="local"} 0');
  mkdirSync(join(folder, "absent"));
  expect(await run("--force")).toBe(0);
  expect(told()).toEqual([{ two: "failed" }, { two: "recovered" }]);

  const record = readFileSync(join(folder, "audit.jsonl"), "utf8");
  const acts = record
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { act: string; rotation?: string; alarm?: string });
  expect(acts).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ act: "mint", result: "done", rotation: "one", by: expect.any(String) }),
      expect.objectContaining({ act: "write", result: "done", rotation: "two" }),
      expect.objectContaining({ act: "alarm", alarm: "failed", rotation: "two" }),
      expect.objectContaining({ act: "alarm", alarm: "recovered", rotation: "two" }),
    ]),
  );
  for (const file of ["one", "absent/two"])
    expect(record + metrics + JSON.stringify(alarms)).not.toContain(readFileSync(join(folder, file), "utf8").trim());
});
