import {
  type Context,
  type HttpAnswer,
  type HttpInit,
  httpRefusal,
  RotateError,
  type Schema,
} from "@rotate/plugin-kit";
import { refusals } from "./refusals.ts";

/** Oldest API that has all we call, and the newest that this was written against (Engine API version history, docs.docker.com). */
const oldest = "1.43";
const newest = "1.51";

/** Speaks to one Docker Engine, in one version of its API. */
export interface Engine {
  /** `1.47`. */
  readonly version: string;
  /** One request. 304 (nothing to do) is as good as 2xx; throws what the table of refusals makes of anything else, with the engine's own words. */
  readonly call: (
    method: "GET" | "POST" | "DELETE",
    path: string,
    init?: Pick<HttpInit, "query" | "json">,
  ) => Promise<HttpAnswer>;
}

interface EngineOptions {
  readonly socketPath: string;
}

/** Milliseconds: a stop waits for the container's own grace first. The call's signal ends it before. */
const untilSignal = 2 ** 31 - 1;

const versions = {
  type: "object",
  properties: { ApiVersion: { type: "string" }, MinAPIVersion: { type: "string", default: oldest } },
  required: ["ApiVersion"],
} as const satisfies Schema;
const failure = {
  type: "object",
  properties: { message: { type: "string" } },
  required: ["message"],
} as const satisfies Schema;

/** Negative, zero or positive, as `a` is older, equal or newer. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

function chooseVersion({
  ApiVersion,
  MinAPIVersion,
}: {
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
}): string {
  if (compareVersions(ApiVersion, oldest) < 0) {
    const hint = `update it: API ${oldest} came with Docker 24`;
    throw new RotateError(`the Docker Engine speaks only API ${ApiVersion}`, {
      code: "INVALID",
      retryable: false,
      hint,
    });
  }
  const wanted = compareVersions(ApiVersion, newest) < 0 ? ApiVersion : newest;
  return compareVersions(wanted, MinAPIVersion) < 0 ? MinAPIVersion : wanted;
}

function engineError(what: string, answer: HttpAnswer): RotateError {
  const said = answer.tryJson(failure)?.message ?? "no reason given";
  return httpRefusal(refusals, answer, { message: `${what}: ${said}`, said });
}

/** Connects, and agrees on a version. Throws UNAVAILABLE when there is no engine behind the socket. */
export async function connectEngine({ options, http }: Context<EngineOptions>): Promise<Engine> {
  const init = { socketPath: options.socketPath, timeout: untilSignal };
  const answer = await http("http://docker/version", init);
  if (!answer.ok) throw engineError("the Docker Engine does not tell its version", answer);
  const version = chooseVersion(answer.json(versions));
  return {
    version,
    call: async (method, path, more = {}) => {
      const reply = await http(`http://docker/v${version}${path}`, { ...init, ...more, method });
      if (!reply.ok && reply.status !== 304) throw engineError(`${method} ${path.split("?")[0]}`, reply);
      return reply;
    },
  };
}
