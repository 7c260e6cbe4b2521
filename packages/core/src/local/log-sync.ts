import { closeSync, fdatasync, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileIdentity, logLost, stateError } from "./state-error.ts";
import { syncDirectory } from "./sync-directory.ts";

/** Makes durable what was committed to the write-ahead log of a SQLite file. */
export interface LogSync {
  /**
   * All that was committed before the call is durable when it resolves; callers that come while one sync runs share the next. Throws EngineError `ROTATE_STATE_UNUSABLE`,
   * or `ROTATE_STATE_LOST` when another log stands where SQLite's stood: what it writes then is nowhere.
   */
  readonly flush: () => Promise<void>;
  /** Waits for the sync that runs. */
  readonly close: () => Promise<void>;
}

interface OpenLog {
  readonly descriptor: number;
  readonly identity: string;
  /** Of the file that it belongs to: one that was put back has a log of its own. */
  readonly ofFile: string | undefined;
}

/**
 * Syncs in the thread pool: a commit with `synchronous = full` would hold the event loop for as long as the disk takes. SQLite itself syncs the log before, and the
 * database after, it carries the one over into the other (`synchronous = normal`), and takes no lock on the log: opening and closing it drops none. `withoutLog` serves
 * where the file system has no such log.
 */
export function createLogSync(path: string, withoutLog: () => void): LogSync {
  const log = `${path}-wal`;
  let opened: OpenLog | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function closeLog(): void {
    if (opened) closeSync(opened.descriptor);
    opened = undefined;
  }

  /** The log of the file that stands there now. Its name has to be durable as well. */
  function descriptor(): number | undefined {
    const identity = fileIdentity(log);
    if (identity !== undefined && opened?.identity === identity) return opened.descriptor;
    const ofFile = fileIdentity(path);
    if (opened !== undefined && opened.ofFile === ofFile) throw logLost(log);
    closeLog();
    if (identity === undefined) return undefined;
    const own = openSync(log, "r");
    const { dev, ino } = fstatSync(own);
    opened = { descriptor: own, identity: `${dev}:${ino}`, ofFile };
    syncDirectory(dirname(log));
    return own;
  }

  async function sync(): Promise<void> {
    try {
      const own = descriptor();
      if (own === undefined) withoutLog();
      else await synced(own);
    } catch (error) {
      throw stateError(path, error);
    }
  }

  async function afterRunning(): Promise<void> {
    await running?.catch(() => undefined); // whoever waits for it is told
    next = undefined;
    running = sync();
    await running;
  }

  return {
    flush: () => (next ??= afterRunning()),
    async close() {
      await (next ?? running)?.catch(() => undefined);
      closeLog();
    },
  };
}

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error ? reject(error) : resolve())));
}
