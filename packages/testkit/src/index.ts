export { sampleAlarm } from "./alarm.ts";
export { type OptionsByEnv, optionsByEnv } from "./by-env.ts";
export { errorOf, type ProviderCall, providerCalls, type ProviderCalls, textOf } from "./calls.ts";
export { type Canary, expectNoLeak, findLeaks, type Leak, mintCanary, type Surface } from "./canary.ts";
export { createFakeClock, type FakeClock, type FakeClockOptions } from "./clock.ts";
export * from "./context.ts";
export * from "./contracts/index.ts";
export {
  type GivenCredential,
  openTestEndpoint,
  templateRef,
  type TestEndpoint,
  type TestEndpointOptions,
} from "./endpoint.ts";
export { withDefaults } from "./defaults.ts";
export { effectOf, sinkCalls, type SinkCalls, type SinkCallsOptions, type WriteRefusal } from "./sink-calls.ts";
export { type CutCall, type Fault, faults, type Spoilt, type Way } from "./faults/fault.ts";
export { httpReply, type HttpMessage, type HttpReply } from "./faults/forward.ts";
export { type HttpWay, openHttpWay } from "./faults/http-way.ts";
export { type Harnesses, serveHarnesses } from "./serve-harnesses.ts";
export { junitXml } from "./runner/junit.ts";
export {
  badgeJson,
  badgeLine,
  linesOf,
  type Outcome,
  type PromiseResult,
  type Report,
  reportText,
  type SuiteResult,
} from "./runner/report.ts";
export { runSuites, type RunSuitesOptions } from "./runner/run.ts";
export { playTape, recordTape, type RecordOptions, type TapedWay } from "./tape/tape.ts";
