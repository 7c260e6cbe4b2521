/** A user without name, home, shell and passwd entry, on the oldest Node: what a watch holds, what is asked of one that hangs, and a state that moves. */
import { chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { postgresUnavailable, startPostgres } from "@rotate/doubles";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { begin, hosts, layOut, nameless, run, type Place } from "./hosts.ts";

const host = hosts.at(-1)!;

function own({ app }: Place, name: string, text: string): void {
  writeFileSync(join(app, name), text, { mode: 0o600 });
  chownSync(join(app, name), nameless, nameless);
}

function locksIn({ state }: Place): readonly string[] {
  return readdirSync(join(state, "host/locks")).filter((name) => name.endsWith(".lock"));
}

describe.skipIf(host.lacking)(`${host.name}${host.lacking ? ` (${host.lacking})` : ""}`, () => {
  test("a watch holds one lock, one that hangs is told of, and one that was killed is followed at once", async () => {
    const place = layOut();
    const watch = begin(host, place, "watch");
    onTestFinished(() => void watch.kill("SIGKILL"));
    await vi.waitFor(() => expect(run(host, place, "status").output).toMatch(/^app .*fresh/m), { timeout: 60_000 });
    expect(locksIn(place)).toHaveLength(1);
    watch.kill("SIGSTOP");
    const { code, output } = run(host, place, "status --check --json");
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('"ROTATE_WATCH_SILENT"') });
    watch.kill("SIGKILL");
    expect(run(host, place, "run --force")).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^app {2}rotated/m),
    });
  });

  const noPostgres = postgresUnavailable();
  test.skipIf(noPostgres)(
    `its state is moved to a database, and back${noPostgres ? ` (${noPostgres})` : ""}`,
    async () => {
      const { host: address, port, superuser, password, close } = await startPostgres();
      onTestFinished(close);
      const place = layOut();
      expect(run(host, place, "run")).toMatchObject({ code: 0 });
      const alone = readFileSync(join(place.app, "rotate.yaml"), "utf8");
      own(place, "db.url", `postgres://${superuser}:${password}@${address}:${port}/postgres`);
      own(
        place,
        "rotate.key",
        `${run(host, place, "state key").output}\n${run(host, place, "state key --here").output}`,
      );
      const shared = `${alone}state: { type: postgres, url: { file: db.url }, key: { file: rotate.key } }\n`;
      writeFileSync(
        join(place.app, "rotate.yaml"),
        shared.replace("provider: local\n", "provider: local\n    moves: true\n"),
      );
      for (const [words, code, says] of [
        ["state init", 0, /./],
        ["state move", 0, /^app: moved/m],
        ["run", 0, /^app is fresh/m],
        ["state move --back", 0, /^app: moved/m],
      ] as const)
        expect({ words, ...run(host, place, words) }).toMatchObject({
          words,
          code,
          output: expect.stringMatching(says),
        });
      writeFileSync(join(place.app, "rotate.yaml"), alone);
      expect(run(host, place, "run")).toMatchObject({ code: 0, output: expect.stringMatching(/^app is fresh/m) });
    },
  );
});
