/** The outside world alone, without the engine: for test kits and tools that call plugins themselves. */
export { type Clock, deadlineWith, systemClock } from "./runtime/clock.ts";
export { type ContextParts, createContext } from "./runtime/context.ts";
export { createRuntime, type RuntimeOptions } from "./runtime/create-runtime.ts";
export { encodings, shortestSecret } from "./runtime/encodings.ts";
export { createLog, type LogLevel, logLevels, type LogOptions } from "./runtime/log.ts";
export { createMasker, type MaskerOptions } from "./runtime/masker.ts";
export { asSecretRef, reference, type Source, templateOption } from "./runtime/reference.ts";
export { parseDuration } from "../spec/durations.ts";
export type { Masker, Runtime } from "./types.ts";
