/** One mint for a file, a Secret, Secrets Manager and KV: whatever becomes of the third, all four hold one credential afterwards. */
import { openBaoProgram, pythonProgram } from "@rotate/doubles";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layOut, startServers, stopServers, type Servers, type Stage } from "./stage.ts";

const missing = openBaoProgram() === undefined || pythonProgram("moto_server") === undefined;
/** Every so-manieth record; STORES_STEP=1 takes each. */
const step = Number(process.env["STORES_STEP"] ?? 5);
const isMove = (asked: string): boolean => asked.endsWith("UpdateSecretVersionStage");
let servers: Servers;

async function one(stage: Stage): Promise<string> {
  const [first, ...rest] = await stage.held();
  expect(new Set([first, ...rest]).size).toBe(1);
  return first ?? "";
}

describe.skipIf(missing)("four stores", () => {
  beforeAll(async () => {
    servers = await startServers();
  });
  afterAll(() => stopServers(servers));

  test("the third refuses: all are as they were", async () => {
    const stage = await layOut(servers);
    expect(await stage.run()).toMatchObject({ outcome: "rotated" });
    const before = await one(stage);
    const body = JSON.stringify({ __type: "AccessDeniedException", message: "no" });
    stage.front.fate = (asked) => (isMove(asked) ? { status: 400, body } : "answered");
    expect(await stage.run()).toMatchObject({ outcome: "failed" });
    expect(await one(stage)).toBe(before);
  });

  test.each(["lost", "late"] as const)("the third's answer is %s", async (fate) => {
    const stage = await layOut(servers);
    await stage.run();
    const before = await one(stage);
    let moves = 0;
    stage.front.fate = (asked) => (isMove(asked) && (moves += 1) === 1 ? fate : "answered");
    await stage.run();
    await one(stage);
    expect(await stage.front.land()).toEqual(fate === "late" ? [400] : []);
    stage.front.fate = () => "answered";
    expect(await stage.run()).toMatchObject({ outcome: "rotated" });
    expect(await one(stage)).not.toBe(before);
  });

  test("a process dies before any record", async () => {
    for (let dieAt = 1; ; dieAt += step) {
      const stage = await layOut(servers);
      await stage.run();
      const { outcome } = await stage.run({ dieAt });
      expect((await stage.run()).outcome).toBe("rotated");
      await one(stage);
      if (outcome !== "died") return;
    }
  });
});
