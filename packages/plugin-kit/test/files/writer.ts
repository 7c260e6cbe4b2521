/** One write in a process of its own: `writer.ts PATH KEY VALUE [STAGE-OPTIONS]` prints `ok`, or the error as JSON. */
import { stageFile } from "@rotate/plugin-kit/files";
import { type Context, isRotateError } from "@rotate/plugin-kit";
import { createTools, lineEdit } from "./tools.ts";

const [path = "", key = "", value = "", options = "{}"] = process.argv.slice(2);
const { edit, revert } = lineEdit(key, value);
const more = JSON.parse(options) as object;
try {
  const prepared = await stageFile(path, edit, { ctx: createTools(), revert, ...more });
  await prepared.commit({} as Context);
  process.stdout.write("ok");
} catch (error) {
  if (!isRotateError(error)) throw error;
  const { code, message, hint, retryable } = error;
  process.stdout.write(JSON.stringify({ code, message, hint, retryable }));
}
