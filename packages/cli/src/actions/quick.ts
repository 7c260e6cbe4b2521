/** What the commands do that are run every few minutes: a module of its own, so that their start loads nothing of the others. */
export { credential } from "./credential.ts";
export { needsRotation } from "./needs-rotation.ts";
export { run } from "./run.ts";
export { status } from "./status.ts";
