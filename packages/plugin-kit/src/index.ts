/**
 * What a plugin author imports. Every method has the same shape: first what the call is about, then `ctx` with everything else.
 * In: options already validated, defaults filled, durations in milliseconds, paths absolute. Out: plain data, or a RotateError.
 */
export { commandLine } from "./command-line.ts";
export type {
  Context,
  Exec,
  ExecAnswer,
  ExecInit,
  Http,
  HttpAnswer,
  HttpInit,
  Log,
  ReadFile,
  ReadInit,
  Text,
  TlsOptions,
} from "./context.ts";
export {
  defineCoordinator,
  type Coordinator,
  type CoordinatorDefinition,
  type KeptPermit,
  type NextPermit,
  type Permit,
} from "./coordinator.ts";
export {
  defineEndpoint,
  type CurrentQuestion,
  type Endpoint,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointCredential,
  type EndpointDefinition,
  type EndpointHandler,
  type EndpointRequest,
  type ListeningAt,
  type OpenEndpoint,
} from "./endpoint.ts";
export {
  badAnswer,
  beforehand,
  errorCodes,
  httpError,
  invalid,
  isRotateError,
  readAnswer,
  RotateError,
  withDetails,
  type ErrorCode,
  type ErrorDetails,
} from "./errors.ts";
export { execError, lastLines } from "./exec-error.ts";
export type { Expires, LoggedIn, Login } from "./login.ts";
export type { ClusterRight, LocalPlace, PartFacts, PartScope } from "./part.ts";
export { readIfThere } from "./read-if-there.ts";
export {
  alarmSteps,
  defineNotifier,
  type Alarm,
  type AlarmCause,
  type AlarmStep,
  type Notifier,
  type NotifierDefinition,
} from "./notifier.ts";
export { apiVersions, definePlugin, type Needs, type Plugin } from "./plugin.ts";
export { defineProbe, type Probe, type ProbeDefinition } from "./probe.ts";
export {
  defineProvider,
  type Field,
  type Fields,
  type FieldValues,
  type IssuerSetup,
  type Lease,
  type LeaseTerms,
  type MintContext,
  type Minted,
  type Provider,
  type ProviderContext,
  type ProviderDefinition,
} from "./provider.ts";
export {
  byOutage,
  bySilence,
  byStatus,
  spokenRefusal,
  execRefusal,
  httpRefusal,
  meanings,
  readRefusal,
  type AboutRefusal,
  type Meaning,
  type Refusal,
  type Refusals,
  type Refused,
} from "./refusals.ts";
export { defineReload, type Reload, type ReloadDefinition, type ReloadEvent, type WrittenSink } from "./reload.ts";
export type { Infer, ObjectSchema, Schema, UnionSchema } from "./schema.ts";
export type { FoundLogin, Machine, ProviderStart, Start } from "./start.ts";
export { isSecret, Secret, type SecretRef } from "./secret.ts";
export {
  defineSink,
  type FileEditing,
  type Prepared,
  type Sink,
  type SinkContext,
  type SinkDefinition,
  type Values,
} from "./sink.ts";
export { reversible, type Reversible } from "./reversible.ts";
