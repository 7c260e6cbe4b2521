import { EngineError } from "../engine-error.ts";
import { metricsOf, type ProcessFacts } from "../metrics/families.ts";
import { metricsText } from "../metrics/text.ts";
import type { StatusReport } from "../report.ts";

/**
 * Writes the metrics for node_exporter's textfile collector, which reads every `*.prom` of its directory (github.com/prometheus/node_exporter#textfile-collector):
 * replaced as a whole, so that it never reads half, and for everybody to read. Throws EngineError `ROTATE_TEXTFILE_UNWRITABLE`.
 */
export async function writeTextfile(path: string, { rotations }: StatusReport, facts: ProcessFacts): Promise<void> {
  const { default: write } = await import("write-file-atomic");
  try {
    await write(path, metricsText(metricsOf(rotations, facts)), { mode: 0o644, fsync: false });
  } catch (error) {
    throw unwritable(path, error as NodeJS.ErrnoException);
  }
}

const hints: Readonly<Record<string, string>> = {
  ENOENT: "its directory does not exist: create it, or correct `monitor.textfile`",
  EACCES: "let the user that runs rotate write in its directory",
  EPERM: "let the user that runs rotate write in its directory",
  EROFS: "the file system is read-only: under systemd, name the directory in `ReadWritePaths=`",
  ENOSPC: "the disk is full",
  EISDIR: "it is a directory: give the path of a file",
  ENOTDIR: "what should be its directory is a file: correct `monitor.textfile`",
};

function unwritable(path: string, { code = "no reason given", cause }: NodeJS.ErrnoException): EngineError {
  return new EngineError(`the metrics could not be written to ${path} (${code})`, {
    code: "ROTATE_TEXTFILE_UNWRITABLE",
    exitCode: 1,
    hint: hints[code] ?? "see what stands in the way of a file there",
    cause,
  });
}
