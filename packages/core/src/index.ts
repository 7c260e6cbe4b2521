export {
  createCatalog,
  kinds,
  type Catalog,
  type Kind,
  type LazyPlugin,
  type LoadedPlugin,
  type Parts,
} from "./catalog.ts";
export { EngineError } from "./engine-error.ts";
export type { Engine, EngineOptions, OpenEngine, RunOptions } from "./engine/engine.ts";
export type { CredentialOptions, CurrentCredential } from "./engine/credential.ts";
export type { EjectReport, EjectValues } from "./engine/eject.ts";
export { openEngine } from "./engine/open-engine.ts";
export type { RevokedLease, RevokeReport } from "./engine/revoke.ts";
export type { EngineEvent, OnEvent } from "./events.ts";
export { homeDirectory } from "./home.ts";
export { exitCodeOfRun, exitCodeOfStatus } from "./exit-code.ts";
export type {
  AttemptReport,
  CredentialReport,
  ErrorReport,
  HistoryReport,
  LeaseReport,
  Outcome,
  PhaseName,
  PhaseReport,
  PhaseResult,
  PlanReport,
  PlanRotation,
  PlanSink,
  RotationReport,
  RotationStateName,
  RotationStatus,
  RunReport,
  SinkReport,
  StatusReport,
} from "./report.ts";
export { createRuntime, type RuntimeOptions } from "./runtime/create-runtime.ts";
export { createLog, type LogLevel, logLevels, type LogOptions } from "./runtime/log.ts";
export { createMasker, type MaskerOptions } from "./runtime/masker.ts";
export type { Masker, Runtime } from "./runtime/types.ts";
export { formatDuration, parseDuration } from "./spec/durations.ts";
export type { SpecCacheOptions } from "./spec/cache/spec-cache.ts";
export { loadSpec, type LoadedSpec, type LoadOptions } from "./spec/load.ts";
export type { Diagnostic, Rotation, Spec } from "./spec/model.ts";
export { didYouMean } from "./spec/nearest.ts";
export { publishedSchema, publishedSchemaText } from "./spec/published-schema.ts";
export { renderDiagnostics } from "./spec/render-diagnostics.ts";
export { type SpecResult, watch, type WatchOptions } from "./watch/watch.ts";
export { watchSpecFile } from "./watch/spec-file.ts";
