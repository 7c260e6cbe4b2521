/** Processes of this machine that died with a claim: the kernel says so, and nobody has to wait until they have been silent for long enough. */
import type { Processes } from "../backend/host-notes.ts";
import type { Queue } from "./queue.ts";

/** Who comes. */
interface Coming {
  readonly holder: string;
  readonly reading?: boolean;
  readonly processes?: () => Processes | undefined;
}

const process = /\b[0-9a-f]{16}\/[0-9a-f]{16}$/;

/**
 * Frees what dead ones had: the job of another who has taken it since is another job. Gives what stands in the rows that this one takes: for people, and which process
 * it is.
 */
export async function freeDead(
  queue: Pick<Queue, "holders" | "free">,
  { holder, reading = false, processes }: Coming,
): Promise<string> {
  const known = reading ? undefined : processes?.();
  if (known === undefined) return holder;
  const held = (await queue.holders()).map((job) => ({ job, id: process.exec(job.holder)?.[0] }));
  const dead = held.flatMap(({ job, id }) => (id !== undefined && known.isDead(id) ? [job] : []));
  if (dead.length > 0) await queue.free(dead);
  return `${holder} ${known.own()}`;
}
