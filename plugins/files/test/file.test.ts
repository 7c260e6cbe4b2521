import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { file } from "../src/file.ts";
import { faultOf, fileAt, freshDirectory, read, undo, write } from "./support.ts";

test("writes the content as it was rendered, without a line feed of its own", async () => {
  const path = `${freshDirectory()}/token`;
  await write(file, { path, mode: "0640" }, { content: "eyJ.tok\u00e9n" });
  expect(readFileSync(path, "utf8")).toBe("eyJ.tok\u00e9n");
  expect(fileAt(path)?.mode).toBe(0o640);
  expect(await read(file, { path }, "content")).toEqual({ content: "eyJ.tok\u00e9n" });
});

test("never empties a file", async () => {
  const path = `${freshDirectory()}/token`;
  writeFileSync(path, "old");
  expect(await faultOf(write(file, { path }, { content: "" }))).toMatchObject({
    code: "INVALID",
    message: "the content is empty",
  });
  expect(await faultOf(write(file, { path }, {}))).toMatchObject({ code: "INVALID" });
  expect(readFileSync(path, "utf8")).toBe("old");
});

test("keeps the old file when the validate command refuses the new one", async () => {
  const path = `${freshDirectory()}/pgpass`;
  writeFileSync(path, "host:5432:db:user:old\n");
  const validate = { command: ["grep", "-Eq", "^([^:]+:){4}[^:]+$", "{staged}"] };
  expect(await faultOf(write(file, { path, validate }, { content: "nonsense\n" }))).toMatchObject({ code: "FAILED" });
  const prepared = await write(file, { path, validate }, { content: "host:5432:db:user:new\n" });
  expect(readFileSync(path, "utf8")).toBe("host:5432:db:user:new\n");
  await undo(prepared);
  expect(readFileSync(path, "utf8")).toBe("host:5432:db:user:old\n");
});
