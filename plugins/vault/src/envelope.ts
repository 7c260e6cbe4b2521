import { badAnswer, readAnswer, type HttpAnswer, type Infer, type Schema } from "@rotate/plugin-kit";
import type { VaultContext } from "./options.ts";
import { saidBy } from "./refusal.ts";

const envelope = {
  type: "object",
  properties: {
    lease_id: { type: "string" },
    lease_duration: { type: "integer", minimum: 0 },
    renewable: { type: "boolean" },
    data: { type: "object" },
  },
  required: ["lease_id", "lease_duration", "renewable", "data"],
} as const;

const leaseOnly = {
  type: "object",
  properties: { lease_duration: { type: "integer", minimum: 0 }, renewable: { type: "boolean" } },
  required: ["lease_duration", "renewable"],
} as const;

const warned = { type: "object", properties: { warnings: { type: "array", items: { type: "string" } } } } as const;
const loggedIn = { type: "object", properties: { auth: { type: "object" } }, required: ["auth"] } as const;

/** What an engine answered. */
export interface Answered {
  readonly leaseId: string;
  /** Milliseconds; 0 without a lease. */
  readonly life: number;
  readonly renewable: boolean;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads the envelope of a success (sdk/logical/translate_response.go). Throws BAD_ANSWER for errors with a good status, a login, anything else. */
export function readEnvelope(answer: HttpAnswer, path: string, ctx: VaultContext): Answered {
  refuseErrors(answer, path);
  if (answer.tryJson(loggedIn) !== undefined) {
    throw badAnswer(`${path} answers with a token, not with a secret`, "choose a path of a secrets engine");
  }
  const { lease_id, lease_duration, renewable, data } = readAs(answer, envelope);
  logWarnings(answer, path, ctx);
  return { leaseId: lease_id, life: lease_duration * 1000, renewable, data };
}

/** What is left of a lease after its renewal. */
export function readRenewal(
  answer: HttpAnswer,
  path: string,
  ctx: VaultContext,
): { readonly life: number; readonly renewable: boolean } {
  refuseErrors(answer, path);
  const { lease_duration, renewable } = readAs(answer, leaseOnly);
  logWarnings(answer, path, ctx);
  return { life: lease_duration * 1000, renewable };
}

function refuseErrors(answer: HttpAnswer, path: string): void {
  const errors = answer.tryJson({
    type: "object",
    properties: { errors: { type: "array", items: { type: "string" } } },
    required: ["errors"],
  } as const);
  if (errors === undefined) return;
  throw badAnswer(
    `${path} answered with success and errors at once: ${saidBy(answer)}`,
    "a proxy between may change statuses",
  );
}

/** Some engines do not know a `ttl`: then it is asked for by a renewal, and the server need not be heard on it. */
function logWarnings(answer: HttpAnswer, path: string, { log }: VaultContext): void {
  const warnings = answer.tryJson(warned)?.warnings ?? [];
  for (const warning of warnings) {
    if (!/unrecognized parameters: \[ttl\]/.test(warning)) log.warn("the server warns", { path, warning });
  }
}

/** The body by a schema. Throws BAD_ANSWER that shows the shape of anything else. */
export function readAs<const S extends Schema>(answer: HttpAnswer, schema: S): Infer<S> {
  return readAnswer(answer, schema, "something else than Vault or OpenBao answered: check the address");
}
