import { isSecret, type Log } from "@rotate/plugin-kit";
import type { Masker } from "./types.ts";

/** From all to little; nothing is logged as an error, so `error` is silence: what fails is thrown. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** `error`: nothing at all is logged. */
export type LogLevel = (typeof logLevels)[number];

/** Where lines go, what they look like, and which are left out. */
export interface LogOptions {
  /** Takes one line with its line feed. */
  readonly write: (line: string) => void;
  readonly masker: Pick<Masker, "mask">;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Default text. */
  readonly format?: "text" | "json";
  /** Lines below it are dropped. Default info. */
  readonly level?: LogLevel;
}

interface Entry {
  readonly level: Exclude<LogLevel, "error">;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A field as plain, masked data. Strings are masked one by one, so that a short secret that is a whole value is found. */
function plain(value: unknown, mask: Masker["mask"], depth = 0): unknown {
  if (typeof value === "string") return mask(value);
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString();
  if (value instanceof Error) {
    return mask("code" in value ? `${value.message} (${String(value.code)})` : value.message);
  }
  if (depth >= 4) return "…";
  if (Array.isArray(value)) return value.map((item) => plain(item, mask, depth + 1));
  const entries = Object.entries(value).map(([key, item]) => [mask(key), plain(item, mask, depth + 1)]);
  return Object.fromEntries(entries);
}

/** A text of several lines as one that reads well. */
function fold(text: string): string {
  return text.trim().replaceAll(/\s*[\r\n]\s*/g, " / ");
}

/** One line: what could end it, or paint the terminal, is escaped. */
function oneLine(text: string): string {
  return text.replace(
    /[\0-\x1f\x7f-\x9f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function showField(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return typeof value === "string" && !/^[^\s"=]+$/.test(value)
    ? oneLine(JSON.stringify(text))
    : oneLine(text ?? "undefined");
}

function asText({ level, message, fields }: Entry, time: string): string {
  const shown = Object.entries(fields).map(([key, value]) => ` ${oneLine(key)}=${showField(value)}`);
  return `${time} ${level.padEnd(5)} ${oneLine(message)}${shown.join("")}`;
}

function asJson({ level, message, fields }: Entry, time: string): string {
  return JSON.stringify({ ...fields, time, level, message });
}

/** A log that writes one masked line per message: `2026-01-01T00:00:00.000Z info  message key=value`, or a JSON object. */
export function createLog({ write, masker, now, format = "text", level: least = "info" }: LogOptions): Log {
  const render = format === "json" ? asJson : asText;
  function at(level: Entry["level"]): Log["info"] {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return () => undefined;
    return (message, fields = {}) => {
      const masked = plain(fields, (text) => masker.mask(text)) as Entry["fields"];
      const line = render(
        { level, message: fold(masker.mask(message)), fields: masked },
        new Date(now()).toISOString(),
      );
      write(`${masker.mask(line)}\n`);
    };
  }
  return { debug: at("debug"), info: at("info"), warn: at("warn") };
}
