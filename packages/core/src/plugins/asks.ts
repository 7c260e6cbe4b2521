/** What the child of an npm plugin asks of the engine while a call is open: the way out of it that there is. */
import { invalid, isRotateError, RotateError } from "@rotate/plugin-kit";
import { badFrame, type Frame } from "./frames.ts";

/** What a host may ask for at once. */
export const maxAsks = 64;

/** What one call may ask for. Throws to refuse. */
export interface Serve {
  readonly ask: (call: string, body: Frame) => Promise<unknown>;
  /** What needs no answer: a secret that is to be masked, a line of the log. */
  readonly note: (kind: string, body: Frame) => void;
}

/** Something that is asked, for an open call. */
export interface AskFrame extends Frame {
  readonly ask: number;
  readonly for: number;
  readonly call: string;
}

/** Tells the two apart. Throws BAD_ANSWER for what is neither. */
export function serveOrNote(
  frame: Frame,
  {
    serve,
    serveOf,
  }: { readonly serve: (frame: AskFrame) => void; readonly serveOf: (id: number) => Serve | undefined },
): void {
  if (typeof frame["for"] !== "number") throw badFrame("it asked for no call");
  if (typeof frame["note"] === "string") return serveOf(frame["for"])?.note(frame["note"], frame);
  if (typeof frame["ask"] !== "number" || typeof frame["call"] !== "string") throw badFrame("it asked for nothing");
  serve(frame as AskFrame);
}

/** Does what is asked, or says why not. Throws nothing. */
export async function serveAsk(frame: AskFrame, serve: Serve | undefined): Promise<Frame> {
  const { ask, call, for: _, ...body } = frame;
  try {
    if (serve === undefined) throw invalid("the call that it is for is over", "await what you ask for");
    return { ask, ok: (await serve.ask(call, body)) ?? null };
  } catch (error) {
    return { ask, error: errorFrame(error) };
  }
}

function errorFrame(error: unknown): Frame {
  const known = isRotateError(error) ? error : faulty(error);
  const { code, message, retryable, hint, retryAfter, noEffect, person } = known;
  return {
    code,
    message,
    retryable,
    noEffect,
    ...(person && { person }),
    ...(hint !== undefined && { hint }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** It asked in another shape than the kit's types have. */
function faulty(error: unknown): RotateError {
  const kind = error instanceof Error ? error.name : typeof error;
  return new RotateError(`what was asked has another shape than it must have (${kind})`, {
    code: "INVALID",
    retryable: false,
    hint: "this is a fault in the plugin: please report it",
  });
}
