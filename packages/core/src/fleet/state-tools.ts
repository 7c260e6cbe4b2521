/** What is done to a shared state as a whole (`rotate state`). Loaded when it is needed: no other command has a use for it. */
export function stateTools(): Promise<typeof import("./administer.ts")> {
  return import("./administer.ts");
}

/** What moves rotations between this machine and a shared state. */
export function moveTools(): Promise<typeof import("./move.ts")> {
  return import("./move.ts");
}
