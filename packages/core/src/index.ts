export { createCatalog, type Catalog, type LazyPlugin, type LoadedPlugin, type Parts } from "./loading/catalog.ts";
export { kinds, type Kind } from "./loading/kinds.ts";
export { EngineError } from "./engine-error.ts";
export type { Engine, EngineOptions, OpenEngine, RunOptions } from "./engine/engine.ts";
export type { CredentialOptions, CurrentCredential } from "./engine/credential.ts";
export type { EjectReport, EjectValues } from "./engine/eject.ts";
export { openEngine } from "./engine/open-engine.ts";
export type { RevokedLease, RevokeReport } from "./engine/revoke.ts";
export type { EngineEvent, OnEvent } from "./events.ts";
export { homeDirectory } from "./loading/home.ts";
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
export { formatDuration, parseDuration } from "./loading/durations.ts";
export type { SpecCacheOptions } from "./loading/cache/spec-cache.ts";
export { loadSpec, type LoadedSpec, type LoadOptions } from "./loading/load.ts";
export type { Diagnostic, Rotation, Spec } from "./loading/model.ts";
export { didYouMean } from "./loading/nearest.ts";
export { publishedSchema, publishedSchemaText } from "./loading/published-schema.ts";
export { renderDiagnostics } from "./loading/render-diagnostics.ts";
export { type SpecResult, watch, type WatchOptions } from "./watch/watch.ts";
export { watchSpecFile } from "./watch/spec-file.ts";
