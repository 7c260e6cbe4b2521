/** A Lease (coordination.k8s.io/v1) as a permit, in the fields that client-go's leader election uses (tools/leaderelection/resourcelock/leaselock.go). */
import { badAnswer, type HttpAnswer, type KeptPermit, type NextPermit, type Permit } from "@rotate/plugin-kit";
import type { Api } from "../api/api.ts";
import { writeRefusals } from "../api/refusal.ts";
import { saysMissing } from "../api/status.ts";
import { leaseName, type LeaseContext } from "./options.ts";

const text = { type: "string" } as const;
const whole = { type: "integer" } as const;
const schema = {
  type: "object",
  properties: {
    metadata: {
      type: "object",
      properties: {
        resourceVersion: { type: "string", minLength: 1 },
        annotations: { type: "object", additionalProperties: text },
      },
      required: ["resourceVersion"],
    },
    spec: {
      type: "object",
      properties: {
        holderIdentity: text,
        leaseDurationSeconds: whole,
        acquireTime: text,
        renewTime: text,
        leaseTransitions: whole,
      },
    },
  },
  required: ["metadata"],
} as const;

/** Says that its holder was reloaded and is not healthy. */
const unwellMark = "rotate.dev/unwell";

function pathOf({ options: { namespace } }: LeaseContext, name?: string): readonly string[] {
  const all = ["apis", "coordination.k8s.io", "v1", "namespaces", namespace, "leases"];
  return name === undefined ? all : [...all, name];
}

/** Undefined when the server itself says that it is not there. A refusal is never taken for absence. */
export async function readLease(api: Api, permit: number, ctx: LeaseContext): Promise<KeptPermit | undefined> {
  const name = leaseName(ctx.options, permit);
  const what = `read lease ${ctx.options.namespace}/${name}`;
  const answer = await api.send({ path: pathOf(ctx, name), what });
  if (saysMissing(answer, name)) return undefined;
  if (!answer.ok) throw api.refusal(answer, { what });
  return keptIn(answer);
}

/** Create, or update by resourceVersion. Undefined: somebody was faster (409), or took it away (404 of an update). */
export async function writeLease(
  api: Api,
  { number, permit, version }: NextPermit & { readonly number: number },
  ctx: LeaseContext,
): Promise<string | undefined> {
  const name = leaseName(ctx.options, number);
  const what = `write lease ${ctx.options.namespace}/${name}`;
  const isNew = version === undefined;
  const answer = await api.send({
    method: isNew ? "POST" : "PUT",
    path: pathOf(ctx, isNew ? undefined : name),
    query: { fieldManager: ctx.options.fieldManager },
    json: leaseOf(permit, { name, namespace: ctx.options.namespace, version }),
    what,
  });
  if (answer.status === 409 || (!isNew && saysMissing(answer, name))) return undefined;
  if (!answer.ok) throw api.refusal(answer, { what, refusals: writeRefusals });
  return keptIn(answer).version;
}

function keptIn(answer: HttpAnswer): KeptPermit {
  const { metadata, spec = {} } = answer.json(schema);
  const { holderIdentity = "", leaseDurationSeconds = 1, leaseTransitions = 0 } = spec;
  return {
    version: metadata.resourceVersion,
    permit: {
      holder: holderIdentity,
      acquiredAt: instantIn(spec.acquireTime),
      renewedAt: instantIn(spec.renewTime),
      lasts: leaseDurationSeconds * 1000,
      transitions: leaseTransitions,
      ...(metadata.annotations?.[unwellMark] === "true" && { unwell: true }),
    },
  };
}

/** MicroTime: RFC 3339 with six digits. Absent in a Lease that somebody else made. */
function instantIn(time: string | undefined): Date {
  const at = new Date(time ?? 0);
  if (Number.isNaN(at.getTime()))
    throw badAnswer("a time of the lease is none", "did another program make it? delete it: it is made anew");
  return at;
}

function leaseOf(
  { holder, acquiredAt, renewedAt, lasts, transitions, unwell }: Permit,
  {
    name,
    namespace,
    version,
  }: { readonly name: string; readonly namespace: string; readonly version: string | undefined },
): object {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      namespace,
      ...(version !== undefined && { resourceVersion: version }),
      ...(unwell === true && { annotations: { [unwellMark]: "true" } }),
    },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: Math.max(1, Math.ceil(lasts / 1000)),
      acquireTime: microTime(acquiredAt),
      renewTime: microTime(renewedAt),
      leaseTransitions: transitions,
    },
  };
}

function microTime(at: Date): string {
  return at.toISOString().replace("Z", "000Z");
}
