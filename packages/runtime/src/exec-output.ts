import type { ChildProcess } from "node:child_process";
import type { ExecInit } from "@rotate/plugin-kit";

const maxOutput = 1024 * 1024;

/** Gathers one stream, up to 1 MiB: of more, the last is kept, unless it is refused by a call of `onExcess`. */
export function collect(
  stream: NodeJS.ReadableStream | null,
  { excess = "refuse", onExcess }: Pick<ExecInit, "excess"> & { readonly onExcess: () => void },
): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutput && excess === "refuse") return onExcess();
    chunks.push(chunk);
    while (size - (chunks[0]?.length ?? 0) >= maxOutput) size -= chunks.shift()?.length ?? 0;
  });
  return () => Buffer.concat(chunks).subarray(-maxOutput).toString();
}

/** Lets go of streams that a daemon still holds, without breaking them under it. */
export function release(child: ChildProcess): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    stream.removeAllListeners("data").resume();
    if ("unref" in stream && typeof stream.unref === "function") stream.unref();
  }
}
