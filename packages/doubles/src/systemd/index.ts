export { installSystemd, type SystemdDouble } from "./install.ts";
export type { ManagerState, StartOutcome, UnitRecord } from "./state.ts";
