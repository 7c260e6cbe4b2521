/** The program behind the stand-in's `journalctl`: `journalctl STATE-FILE ARGUMENT…`. */
import { readState } from "./state.ts";

const [file = "", ...argv] = process.argv.slice(2);

function valueOf(name: string): string | undefined {
  return argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

const name = valueOf("unit") ?? valueOf("user-unit") ?? "";
const since = Number(valueOf("since")?.replace("@", "") ?? 0) * 1000;
const lines = readState(file).units[name]?.journal.filter(({ at }) => at >= since) ?? [];
const shown = lines.slice(-Number(valueOf("lines") ?? 10)).map(({ line }) => `${line}\n`);
process.stdout.write(shown.join(""));
