import { packedCommandLine } from "./packed.ts";

/** Before any test of a run: what the command line's tests start is built once, and found by all their processes. */
export function setup(): void {
  packedCommandLine();
}
