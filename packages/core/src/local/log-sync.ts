import { closeSync, fdatasync, fstatSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { fileIdentity, logLost, stateError } from "./state-error.ts";
import { syncDirectory } from "./sync-directory.ts";

/** Makes durable what was committed to the write-ahead log of a SQLite file. */
export interface LogSync {
  /**
   * All that was committed before the call is durable when it resolves; callers that come while one sync runs share the next. Throws EngineError `ROTATE_STATE_UNUSABLE`,
   * or `ROTATE_STATE_LOST` when another log stands where SQLite's stood: what it writes then is nowhere.
   */
  readonly flush: () => Promise<void>;
  /** The same within a second, with nobody waiting for it. When it fails, the next flush does. */
  readonly flushSoon: () => void;
  /** Does what is still to be done soon, and waits for the sync that runs. Throws as `flush` does for what nobody waited for. */
  readonly close: () => Promise<void>;
}

interface OpenLog {
  readonly descriptor: number;
  readonly identity: string;
  /** Of the file that it belongs to: one that was put back has a log of its own. */
  readonly ofFile: string | undefined;
}

/** ms */
const soon = 1_000;

/** What others write in the same turn of the event loop goes along. */
const turn = promisify(setImmediate);

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
  let timer: NodeJS.Timeout | undefined;
  let unheard: { readonly error: unknown } | undefined;

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
    await turn();
    next = undefined;
    clearTimeout(timer);
    timer = undefined;
    running = unheard === undefined ? sync() : Promise.reject(unheard.error);
    unheard = undefined;
    await running;
  }

  /** That a log is away is seen again; that the disk failed is told by the kernel once. */
  function keep(error: unknown): void {
    if ((error as { readonly code?: string }).code !== "ROTATE_STATE_LOST") unheard = { error };
  }

  function flush(): Promise<void> {
    return (next ??= afterRunning());
  }

  return {
    flush,
    flushSoon() {
      if (next !== undefined) return;
      timer ??= setTimeout(() => void flush().catch(keep), soon).unref();
    },
    async close() {
      const isOwed = timer !== undefined || unheard !== undefined;
      try {
        await (isOwed ? flush() : (next ?? running)?.catch(() => undefined));
      } finally {
        closeLog();
      }
    },
  };
}

function synced(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(descriptor, (error) => (error ? reject(error) : resolve())));
}
