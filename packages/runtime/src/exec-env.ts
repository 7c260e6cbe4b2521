import type { ExecInit } from "@rotate/plugin-kit";
import { revealRecord } from "./reveal.ts";
import type { Masker, Runtime } from "./types.ts";

/** Variables that make a program load or run something, switch its checks off, print its traffic, or speak to systemd in our name. */
const removed: ReadonlySet<string> = new Set([
  "BASH_ENV",
  "DYLD_INSERT_LIBRARIES",
  "DYLD_LIBRARY_PATH",
  "ENV",
  "LD_AUDIT",
  "LD_PRELOAD",
  "LISTEN_FDNAMES",
  "LISTEN_FDS",
  "LISTEN_PID",
  "NODE_DEBUG",
  "NODE_EXTRA_CA_CERTS",
  "NODE_OPTIONS",
  "NODE_REPL_EXTERNAL_MODULE",
  "NODE_TLS_REJECT_UNAUTHORIZED",
  "NODE_V8_COVERAGE",
  "NOTIFY_SOCKET",
  "PERL5OPT",
  "PYTHONSTARTUP",
  "RUBYOPT",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
]);

/** The environment of a child: ours, scrubbed, then what the call adds, revealed. Undefined in `added` takes a variable away. */
export function childEnv(
  own: Runtime["env"],
  added: NonNullable<ExecInit["env"]>,
  masker: Pick<Masker, "reveal">,
): Readonly<Record<string, string>> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !removed.has(entry[0]) && !Object.hasOwn(added, entry[0]),
  );
  return { ...Object.fromEntries(kept), ...revealRecord(added, masker) };
}
