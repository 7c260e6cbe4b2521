/** What the other commands do, in one module: it is loaded, with the engine, when a command runs; help does without. */
export { alive } from "./alive.ts";
export { completion } from "./completion.ts";
export { databasesSetup } from "./databases-setup.ts";
export { doctor } from "./doctor.ts";
export { eject } from "./eject.ts";
export { exec } from "./exec.ts";
export { explain } from "./explain.ts";
export { forget } from "./forget.ts";
export { history } from "./history.ts";
export { init } from "./init.ts";
export { kubernetesRbac } from "./kubernetes-rbac.ts";
export { plan } from "./plan.ts";
export { addPlugin, approvePlugins, listPlugins } from "./plugin.ts";
export { revoke } from "./revoke.ts";
export { adoptState, initState, publishSpec, stateKey, upgradeState } from "./state.ts";
export { installUnits, printUnits } from "./systemd.ts";
export { validate } from "./validate.ts";
export { watchSpec } from "./watch.ts";
