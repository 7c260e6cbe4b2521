/** The outside world alone, without the engine: for test kits and tools that call plugins themselves. */
export { type Clock, deadlineWith, sleepWith, systemClock, timeLimitError } from "./clock.ts";
export { type ContextParts, createContext } from "./context.ts";
export { createRuntime, type RuntimeOptions } from "./create-runtime.ts";
export { encodings, shortestSecret } from "./encodings.ts";
export { createLog, type LogLevel, logLevels, type LogOptions } from "./log.ts";
export { createMasker, type MaskerOptions } from "./masker.ts";
export { asSecretRef, reference, type Source, templateOption } from "./reference.ts";
export { parseDuration } from "../loading/durations.ts";
export type { Masker, Runtime } from "./types.ts";
export { readBySchema } from "./read-by-schema.ts";
