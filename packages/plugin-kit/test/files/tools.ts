import { spawn } from "node:child_process";
import { type Exec, RotateError } from "@rotate/plugin-kit";
import type { FileTools, Versions } from "@rotate/plugin-kit/files";

export interface Warning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

/** Real processes, the machine's clock, and what was logged at `info` or above. */
export function createTools(now: () => number = Date.now): FileTools & { readonly logged: Warning[] } {
  const logged: Warning[] = [];
  const keep = (message: string, fields?: Readonly<Record<string, unknown>>) => void logged.push({ message, fields });
  return { logged, now, exec: run, log: { debug: () => undefined, info: keep, warn: keep } };
}

const run: Exec = ([command, ...words], { timeout, env } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...(env as Record<string, string>) },
      ...(timeout !== undefined && { timeout }),
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.on("error", (cause) =>
      reject(new RotateError(`no command ${command}`, { code: "NOT_FOUND", retryable: false, cause })),
    );
    child.on("close", (exitCode) => {
      if (exitCode !== null) resolve({ exitCode, ...output });
      else reject(new RotateError(`${command} did not end in time`, { code: "TIMEOUT", retryable: true }));
    });
  });

/** An edit that sets the whole content. */
export const whole = (content: string) => () => Buffer.from(content);

/** An edit and a revert of the line `key=…`, as small as a sink can be. */
export function lineEdit(key: string, value: string) {
  const line = new RegExp(`^${key}=.*\n`, "m");
  const set = (now: string, to: string) => (line.test(now) ? now.replace(line, to) : now + to);
  const lineOf = (bytes: Buffer | undefined) => line.exec(bytes?.toString() ?? "")?.[0] ?? "";
  return {
    edit: (before: Buffer | undefined) => Buffer.from(set(before?.toString() ?? "", `${key}=${value}\n`)),
    revert: (now: Buffer, { before, written }: Versions) => {
      if (lineOf(now) === lineOf(written)) return Buffer.from(set(now.toString(), lineOf(before)));
      throw new RotateError(`${key} was changed`, { code: "CONFLICT", retryable: true });
    },
  };
}
