import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { logLines } from "../../src/plugins/stderr-log.ts";

function listening(isOpen: () => boolean) {
  const [stream, lines] = [new PassThrough(), [] as unknown[]];
  const take = (message: string, fields?: Readonly<Record<string, unknown>>): unknown =>
    lines.push(fields?.["line"] ?? message);
  const log = { debug: take, info: take, warn: take };
  return { stream, lines, said: logLines(stream, { name: "acme", log, now: () => 0, isOpen }) };
}

test("what a program says while it is asked is held until the masker knows the answer's secrets", async () => {
  let open = true;
  const { stream, lines, said } = listening(() => open);
  stream.write("minted t-123\n");
  await expect.poll(said.last).toBe("minted t-123");
  expect(lines).toEqual([]);
  said.flush();
  open = false;
  stream.write("later\n");
  await expect.poll(() => lines).toEqual(["minted t-123", "later"]);
});

test("a program that says much while it is asked fills no memory, and that is told", async () => {
  const { stream, lines, said } = listening(() => true);
  stream.write("x\n".repeat(300));
  await expect.poll(said.last).toBe("x");
  said.flush();
  expect(lines.filter((line) => line === "x")).toHaveLength(256);
  expect(new Set(lines)).toEqual(new Set(["x", "the plugin says more than is logged"]));
});
