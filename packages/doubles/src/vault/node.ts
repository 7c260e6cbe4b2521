import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { failure, Refusal } from "./envelope.ts";
import type { NodeState } from "./types.ts";

/** What a node that is not active answers to everything but `sys/health`; undefined: it serves. */
export function nodeAnswer(
  state: NodeState,
  active: string | undefined,
  request: DoubleRequest,
): DoubleAnswer | undefined {
  switch (state) {
    case "active":
    case "performance-standby":
      return undefined;
    case "sealed":
      return failure(new Refusal(503, ["Vault is sealed"]));
    case "uninitialized":
      return failure(new Refusal(503, ["Vault is sealed"]));
    case "dr-secondary":
      return failure(new Refusal(503, ["path disabled in replication DR secondary mode"]));
    case "standby":
      if (active === undefined) return failure(new Refusal(503, ["no active Vault instance found"]));
      return { status: 307, headers: { location: locationOf(active, request) } };
  }
}

function locationOf(active: string, { path, query }: DoubleRequest): string {
  const search = query.toString();
  return `${active}${path}${search === "" ? "" : `?${search}`}`;
}

const statuses = {
  active: 200,
  standby: 429,
  "dr-secondary": 472,
  "performance-standby": 473,
  uninitialized: 501,
  sealed: 503,
} as const satisfies Record<NodeState, number>;

/** `sys/health`, with the words that turn a standby's answer into 200. */
export function health(state: NodeState, { query }: DoubleRequest, now: number): DoubleAnswer {
  const fine =
    (state === "standby" && query.get("standbyok") === "true") ||
    (state === "performance-standby" && query.get("perfstandbyok") === "true");
  const body = {
    initialized: state !== "uninitialized",
    sealed: state === "sealed",
    standby: state === "standby",
    performance_standby: state === "performance-standby",
    server_time_utc: Math.floor(now / 1000),
    version: "2.6.2",
  };
  return { status: fine ? 200 : statuses[state], body };
}
