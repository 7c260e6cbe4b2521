export { createCatalog, type Catalog, type LazyPlugin, type LoadedPlugin } from "./loading/catalog.ts";
export { discriminatorOf, fits } from "@rotate/plugin-kit/grammar";
export { kinds, kindWord, type Kind, type KindWord, type Parts } from "./loading/kinds.ts";
export type { Backend, Store } from "./backend/backend.ts";
export type { Claim, ClaimOptions, Claims } from "./backend/claim.ts";
export type { HostNotes, KeptCredential } from "./backend/host-notes.ts";
export { diagnose, tryPlan, type DiagnoseOptions } from "./doctor/diagnose.ts";
export type { DoctorReport, Examination, Finding, Severity } from "./doctor/finding.ts";
export type { EndpointReport } from "./endpoint-report.ts";
export { EngineError } from "./engine-error.ts";
export { loginVariables } from "./engine/deps.ts";
export { openEngine, type Engine, type EngineOptions, type HistoryOptions, type Need } from "./engine/engine.ts";
export type { PlanOptions, RunOptions } from "./engine/reports.ts";
export { placeOf } from "./cause-place.ts";
export { causesOf, compareStanding } from "./engine/causes.ts";
export type { CredentialOptions, CurrentCredential } from "./engine/credential.ts";
export type { LentOptions } from "./engine/give-back.ts";
export type { EjectReport, EjectValues } from "./engine/eject.ts";
export type { HostReport } from "./host-report.ts";
export type { RevokedLease, RevokeReport } from "./revoke-report.ts";
export { selectByName } from "./engine/select.ts";
export { createEvents, type EngineEvent, type Events, type OnEvent } from "./events.ts";
export { homeDirectory, sleepOrWake } from "@rotate/runtime";
export { exitCodeOfRun, exitCodeOfStatus } from "./exit-code.ts";
export type { AttemptReport, DetailReport, HistoryEvent, HistoryReport } from "./history-report.ts";
export type { MintsReport, PlanAction, PlanDrop, PlanReport, PlanRotation, PlanSink } from "./plan-report.ts";
export type {
  AlarmName,
  CauseReport,
  CredentialReport,
  DriftedKey,
  ErrorReport,
  LeaseReport,
  Outcome,
  CallPlace,
  PhaseName,
  PhaseReport,
  PhaseResult,
  RotationReport,
  RotationStatus,
  RunReport,
  SinkReport,
  StandingCode,
  StandingExit,
  StandingReport,
  StandingState,
  StatusReport,
  StatusSummary,
  TroubleReport,
} from "./report.ts";
export {
  endpointMetrics,
  clockFacts,
  metricsOf,
  metricStates,
  type MetricFamily,
  type MetricSample,
  type ProcessFacts,
} from "./metrics/families.ts";
export { metricsText } from "./metrics/text.ts";
export { openLocalBackend, type LocalOptions } from "./local/open-local.ts";
export { openBackend, type BackendOptions } from "./fleet/open-backend.ts";
export { moveTools, stateTools } from "./fleet/state-tools.ts";
export type { StateParts, StateRoles } from "./fleet/administer.ts";
export type { MoveReport } from "./fleet/move.ts";
export { policies } from "./rotation/standing.ts";
export { createRuntime, type RuntimeOptions } from "@rotate/runtime";
export { createLog, type LogLevel, logLevels, type LogOptions } from "@rotate/runtime";
export { createMasker, type MaskerOptions } from "@rotate/runtime";
export type { Masker, Runtime } from "@rotate/runtime";
export { formatDuration, parseDuration } from "@rotate/runtime";
export type { SpecCacheOptions } from "./loading/cache/spec-cache.ts";
export { statePlaces } from "./local/state-dir.ts";
export { loadSpec } from "./loading/load.ts";
export type { LoadedSpec, LoadOptions } from "./loading/load-options.ts";
export type { Diagnostic, Rotation, Spec } from "./loading/model.ts";
export { clusterRightsOf } from "./loading/cluster-rights.ts";
export { setupsOf, type ProviderSetup } from "./loading/setups.ts";
export { didYouMean } from "./loading/nearest.ts";
export { publishedSchema, publishedSchemaText } from "./loading/published-schema.ts";
export { loadInProcess } from "./plugins/in-process.ts";
export { isPackage } from "./plugins/specimen.ts";
export { stopsNetwork } from "./plugins/npm/launch.ts";
export type { LockEntry, PackageEntry, ProgramEntry } from "./plugins/lock-entry.ts";
export { withPlugin } from "./plugins/name-in-spec.ts";
export { protocolSchemaText } from "./plugins/protocol-schema.ts";
export {
  approveFor,
  inspectPlugin,
  loadProgram,
  pluginsOf,
  proposePlugin,
  type NamedPlugins,
  type PluginReport,
  type PluginState,
  type Proposal,
} from "./plugins/plugins.ts";
export { type Child, type Launch, startChild } from "./plugins/child.ts";
export { programKinds, type ProgramKind } from "./plugins/describe.ts";
export type { Frame } from "./plugins/frames.ts";
export type { Told } from "./plugins/specimen.ts";
export { tryPlugin, type TriedPlugin } from "./plugins/trial.ts";
export { explainKey, type ExplainedBelow, type ExplainedKey } from "./loading/explain-key.ts";
export { writtenPaths } from "./loading/roots/endangered.ts";
export { sourcesIn } from "./loading/roots/roots.ts";
export { specText, type SpecTextOptions } from "./loading/spec-text.ts";
export { renderDiagnostics } from "./loading/render-diagnostics.ts";
export { endpointVariables, type EndpointVariables } from "./serving/environment.ts";
export { createServing, type Serving } from "./serving/service.ts";
export { lookAfterRun } from "./lookout/after-run.ts";
export { lookoutService } from "./watch/lookout-service.ts";
export { peerService, tellFleet } from "./watch/peer-service.ts";
export { openDaemon, type Daemon, type DaemonOptions } from "./watch/daemon.ts";
export { followFiles, type FollowedFiles, type FollowFiles } from "./watch/files.ts";
export type { SpecResult } from "./watch/keeper.ts";
export type { DaemonStatus, DaemonView, Service } from "./watch/services.ts";
