export { createCatalog, type Catalog, type LazyPlugin, type LoadedPlugin, type Parts } from "./loading/catalog.ts";
export { kinds, type Kind } from "./loading/kinds.ts";
export type { Backend, Store } from "./backend/backend.ts";
export type { Claim, ClaimOptions, Claims } from "./backend/claim.ts";
export type { HostNotes, KeptCredential } from "./backend/host-notes.ts";
export { EngineError } from "./engine-error.ts";
export { openEngine, type Engine, type EngineOptions, type RunOptions } from "./engine/engine.ts";
export type { CredentialOptions, CurrentCredential } from "./engine/credential.ts";
export type { EjectReport, EjectValues } from "./engine/eject.ts";
export type { RevokedLease, RevokeReport } from "./engine/revoke.ts";
export type { EngineEvent, OnEvent } from "./events.ts";
export { homeDirectory } from "@rotate/runtime";
export { exitCodeOfRun, exitCodeOfStatus } from "./exit-code.ts";
export type {
  AlarmName,
  AttemptReport,
  CredentialReport,
  DriftedKey,
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
  RotationStatus,
  RunReport,
  SinkReport,
  StandingCode,
  StandingExit,
  StandingReport,
  StandingState,
  StatusReport,
} from "./report.ts";
export { openLocalBackend, type LocalOptions } from "./local/open-local.ts";
export { policies } from "./rotation/standing.ts";
export { createRuntime, type RuntimeOptions } from "@rotate/runtime";
export { createLog, type LogLevel, logLevels, type LogOptions } from "@rotate/runtime";
export { createMasker, type MaskerOptions } from "@rotate/runtime";
export type { Masker, Runtime } from "@rotate/runtime";
export { formatDuration, parseDuration } from "@rotate/runtime";
export type { SpecCacheOptions } from "./loading/cache/spec-cache.ts";
export { statePlaces } from "./local/state-dir.ts";
export { loadSpec, type LoadedSpec, type LoadOptions } from "./loading/load.ts";
export type { Diagnostic, Rotation, Spec } from "./loading/model.ts";
export { didYouMean } from "./loading/nearest.ts";
export { publishedSchema, publishedSchemaText } from "./loading/published-schema.ts";
export { renderDiagnostics } from "./loading/render-diagnostics.ts";
export { type SpecResult, watch, type WatchOptions } from "./watch/watch.ts";
export { watchSpecFile } from "./watch/spec-file.ts";
