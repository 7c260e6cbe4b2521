import { EngineError } from "../engine-error.ts";
import type { RotationDeps } from "../rotation/session.ts";
import { innerError } from "../rotation/errors.ts";
import type { StatusReport } from "../report.ts";

/** One that hangs is given up. ms */
const limit = 10_000;

/** Is every deadline ahead? Then silence is what raises the alarm, at whoever waits for the heartbeat. */
export function isAlive({ rotations }: Pick<StatusReport, "rotations">): boolean {
  return rotations.every(({ exit }) => exit !== 3);
}

/** Calls the URL. Throws EngineError `ROTATE_HEARTBEAT_FAILED`, without the URL's path: it is often all that protects it. */
export async function beat(
  url: string,
  { runtime }: Pick<RotationDeps, "runtime">,
  signal: AbortSignal,
): Promise<void> {
  const deadline = runtime.deadline(limit, signal);
  try {
    const { ok, status } = await runtime.http(url, { timeout: limit }, deadline.signal);
    if (!ok) throw failed(url, `HTTP ${status}`);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw failed(url, innerError(error).code);
  } finally {
    deadline.clear();
  }
}

function failed(url: string, why: string): EngineError {
  const place = URL.canParse(url) ? new URL(url).origin : "its URL";
  return new EngineError(`the heartbeat was not taken by ${place} (${why})`, {
    code: "ROTATE_HEARTBEAT_FAILED",
    exitCode: 1,
    hint: "whoever waits for it will take rotate for dead: can the URL of `monitor.heartbeat` be reached from here?",
  });
}
