export {
  contractPage,
  type Failure,
  type Harness,
  pageOf,
  type Promised,
  type Rule,
  rulesFor,
  runRule,
  type Stage,
  type StageWorld,
  type Suite,
  type TestApi,
} from "./contract.ts";
export { coordinatorContract, type CoordinatorHarness, coordinatorRules, coordinatorSuite } from "./coordinator.ts";
export { endpointContract, type EndpointHarness, endpointRules, endpointSuite } from "./endpoint.ts";
export { notifierContract, type NotifierHarness, notifierRules, notifierSuite } from "./notifier.ts";
export { probeContract, type ProbeHarness, probeRules, probeSuite } from "./probe.ts";
export { providerContract, providerRules, providerSuite } from "./provider.ts";
export type { ProviderHarness, ProviderStage } from "./provider-scene.ts";
export {
  connectionSamples,
  outageSamples,
  refusalContract,
  type RefusalHarness,
  type RefusalSample,
  silenceSamples,
  statusSamples,
} from "./refusals.ts";
export { reloadContract, type ReloadHarness, reloadRules, reloadSuite } from "./reload.ts";
export type { SinkHarness, SinkStage } from "./sink-scene.ts";
export { sinkContract, sinkRules, sinkSuite } from "./sink.ts";
