import { readFile } from "node:fs/promises";
import { isIPv4 } from "node:net";

/** Both ends of a TCP connection of this machine, as the end that was connected to sees them. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** The tables of all connections of this network namespace: proc_net_tcp in Linux' documentation. */
const tables = ["/proc/net/tcp", "/proc/net/tcp6"] as const;
/** Only an open connection tells whose it is: of one that waits for its end the kernel says 0, which is root. */
const established = "01";

/** The user whose process is at the other end of a connection within this machine (Linux). Undefined: it cannot be told. */
export async function uidOfPeer(
  ends: Ends,
  read: (path: string) => Promise<string> = readTable,
): Promise<number | undefined> {
  const { localAddress, localPort, remoteAddress, remotePort } = ends;
  if (localAddress === undefined || remoteAddress === undefined || localPort === undefined || remotePort === undefined)
    return undefined;
  const theirs = formsOf(remoteAddress, remotePort);
  const ours = formsOf(localAddress, localPort);
  for (const table of tables) {
    const text = await read(table).catch(() => "");
    const uid = text
      .split("\n")
      .map((line) => uidIn(line, theirs, ours))
      .find((found) => found !== undefined);
    if (uid !== undefined) return uid;
  }
  return undefined;
}

function readTable(path: string): Promise<string> {
  return readFile(path, "latin1");
}

/** Columns: place, local, remote, state, queues, timer, retransmissions, uid. */
function uidIn(line: string, theirs: readonly string[], ours: readonly string[]): number | undefined {
  const [, local = "", remote = "", state, , , , uid = ""] = line.trim().split(/\s+/);
  if (state !== established || !theirs.includes(local) || !ours.includes(remote)) return undefined;
  return /^\d+$/.test(uid) ? Number(uid) : undefined;
}

/** An address and port as the tables have them; one of IPv4 may stand among those of IPv6 as well. */
function formsOf(address: string, port: number): readonly string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const plain = address.replace(/^::ffff:/i, "");
  if (!isIPv4(plain)) return plain === "::1" ? [`00000000000000000000000001000000${end}`] : [];
  const word = plain
    .split(".")
    .toReversed()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
  return [`${word}${end}`, `0000000000000000FFFF0000${word}${end}`];
}
