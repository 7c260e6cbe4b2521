import { fstatSync, writeSync } from "node:fs";

const descriptors = { stdout: 1, stderr: 2 } as const;

/**
 * Standard output or error. Node's stream of it costs 5 ms to make; where it is a file, a pipe or /dev/null, and nobody wants colours there, it is written to without.
 * What cannot be written so (a pipe that is full for the moment or has no reader, a full disk) is left to the stream, with all that follows.
 */
export function outputOf(name: keyof typeof descriptors): NodeJS.WriteStream {
  if (!isPlain(descriptors[name])) return process[name];
  const plain = { fd: descriptors[name], isTTY: false, write: writerTo(name) };
  return plain as Partial<NodeJS.WriteStream> as NodeJS.WriteStream;
}

function isPlain(descriptor: number): boolean {
  if (process.env["FORCE_COLOR"] !== undefined || process.platform === "win32") return false;
  try {
    const end = fstatSync(descriptor);
    return end.isFile() || end.isFIFO() || end.isSocket() || (end.isCharacterDevice() && end.rdev === devNull);
  } catch {
    return false; // closed: Node opens something there
  }
}

/** The number of /dev/null on Linux: major 1, minor 3. */
const devNull = 0x103;

function writerTo(name: keyof typeof descriptors): NodeJS.WriteStream["write"] {
  let isLeft = false;
  return (given: string | Uint8Array) => {
    let rest = Buffer.from(given as string);
    while (!isLeft && rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(descriptors[name], rest));
      } catch {
        isLeft = true; // the stream meets the same, and tells of it
      }
    }
    return isLeft ? process[name].write(rest) : true;
  };
}
