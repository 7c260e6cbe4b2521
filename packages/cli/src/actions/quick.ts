/** What the commands do that are run every few minutes, or for good: a module of its own, so that their start loads nothing of the others. */
import type { credential as print } from "./credential.ts";
import type { watchSpec as watch } from "./watch.ts";

export { needsRotation } from "./needs-rotation.ts";
export { run } from "./run.ts";
export { status } from "./status.ts";

/** `rotate credential`, which is loaded when it is asked for. */
export async function credential(input: Parameters<typeof print>[0]): Promise<void> {
  const { credential: printed } = await import("./credential.ts");
  return printed(input);
}

/** `rotate watch`, of which the others need nothing. */
export async function watchSpec(input: Parameters<typeof watch>[0]): Promise<unknown> {
  const { watchSpec: keep } = await import("./watch.ts");
  return keep(input);
}
