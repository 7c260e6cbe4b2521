export { type Harness, type Rule, rulesFor, runRule, type Stage, type TestApi } from "./contract.ts";
export { coordinatorContract, type CoordinatorHarness, coordinatorRules } from "./coordinator.ts";
export { endpointContract, type EndpointHarness, endpointRules } from "./endpoint.ts";
export { notifierContract, type NotifierHarness, notifierRules } from "./notifier.ts";
export { probeContract, type ProbeHarness, probeRules } from "./probe.ts";
export { providerContract, providerRules } from "./provider.ts";
export type { CutCall, ProviderHarness, ProviderStage } from "./provider-scene.ts";
export {
  connectionSamples,
  outageSamples,
  refusalContract,
  type RefusalHarness,
  type RefusalSample,
  silenceSamples,
  statusSamples,
} from "./refusals.ts";
export { reloadContract, type ReloadHarness, reloadRules } from "./reload.ts";
export type { SinkHarness, SinkStage } from "./sink-scene.ts";
export { sinkContract, sinkRules } from "./sink.ts";
