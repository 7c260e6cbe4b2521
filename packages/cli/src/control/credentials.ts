/** `GET /v1/credentials/NAME` on the control socket: what the endpoint `http` answers, for every rotation of the spec and for the socket's own user. */
import { sleepOrWake, type CurrentCredential, type DaemonView, type Runtime } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import { printAsked } from "@rotate/plugin-kit/formats";
import { type Answer, fail, json } from "../views/answer.ts";
import type { Call, Route } from "../views/routes.ts";

/** What answers. */
export interface CredentialParts {
  readonly daemon: Pick<DaemonView, "ask" | "events" | "now" | "spec">;
  readonly runtime: Pick<Runtime, "sleep">;
}

/** As the endpoint has it: connections are cut by what stands between after a minute of silence. s */
const longestWait = 55;

/** The secret is what was asked for, and goes out as it is. */
export function credentialRoute(parts: CredentialParts): Route {
  return { path: "/v1/credentials/:name", answer: (call) => answer(call, parts) };
}

async function answer({ params: { name = "" }, query, response }: Call, parts: CredentialParts): Promise<Answer> {
  const { daemon } = parts;
  if (!daemon.spec().rotations.some((rotation) => rotation.name === name))
    return fail(404, "there is no such credential here");
  const ending = new AbortController();
  response.on("close", () => ending.abort(new Error("nobody waits for it any more")));
  const ask = (refused?: string): Promise<CurrentCredential> =>
    daemon.ask((engine) =>
      engine.credential(name, { signal: ending.signal, ...(refused !== undefined && { refused }) }),
    );
  try {
    const first = await ask();
    const format = query.get("format");
    if (format !== null) return printed(format, first, { field: query.get("field"), now: daemon.now() });
    if (query.get("refused") === first.fingerprint) return told(await ask(refusedValue(first)), daemon.now());
    if (query.get("after") !== first.fingerprint) return told(first, daemon.now());
    await another(name, Math.min(Number(query.get("wait") ?? 0), longestWait) * 1_000, {
      ...parts,
      signal: ending.signal,
    });
    const next = await ask();
    return next.fingerprint === first.fingerprint
      ? { status: 304, type: "text/plain", body: "" }
      : told(next, daemon.now());
  } catch (error) {
    return fail(503, (error as Error).message, { "retry-after": "1" });
  }
}

/** Any of its secrets tells which one it is. */
function refusedValue({ fields, declared }: CurrentCredential): string {
  const secret = Object.keys(fields).find((name) => declared[name]?.secret !== false);
  return fields[secret ?? ""] ?? "";
}

/** Until it was rotated, or nobody waits any longer. */
async function another(
  name: string,
  patience: number,
  { daemon, runtime, signal }: CredentialParts & { readonly signal: AbortSignal },
): Promise<void> {
  if (!(patience > 0)) return;
  const rung = new AbortController();
  const stop = daemon.events.on((event) => {
    if (event.type === "rotation-finished" && event.rotation === name) rung.abort();
  });
  await sleepOrWake(runtime, patience, AbortSignal.any([signal, rung.signal]));
  stop();
}

function told({ name, fields, fingerprint, issuedAt, expiresAt }: CurrentCredential, now: number): Answer {
  const ends = expiresAt === undefined ? {} : { expiresAt, remainingMs: Math.max(0, Date.parse(expiresAt) - now) };
  return json({ version: 1, name, fields, fingerprint, issuedAt, ...ends }, { isMasked: true });
}

function printed(
  asked: string,
  credential: CurrentCredential,
  { field, now }: { readonly field: string | null; readonly now: number },
): Answer {
  try {
    const body = printAsked(asked, credential, { now, ...(field !== null && { field }) });
    return { status: 200, type: "text/plain; charset=utf-8", body, isMasked: true };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return fail(400, error.message);
  }
}
