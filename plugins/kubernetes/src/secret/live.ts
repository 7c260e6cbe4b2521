import { invalid, RotateError, type HttpAnswer } from "@rotate/plugin-kit";
import type { Api } from "../api/api.ts";
import { saysMissing } from "../api/status.ts";
import { nameOf, type SecretContext } from "./options.ts";

type Texts = Readonly<Record<string, string>>;

/** A Secret as the server has it. */
export interface LiveSecret {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly immutable: boolean;
  readonly labels: Texts;
  readonly annotations: Texts;
  /** Base64 by key. */
  readonly data: Texts;
  /** What our manager applied: left out of the next apply, it would be deleted. */
  readonly owned: {
    readonly data: readonly string[];
    readonly labels: readonly string[];
    readonly annotations: readonly string[];
  };
  /** Who applied which key by `stringData`. The server turns it into `data` and lets nobody own that: an apply by somebody else meets no conflict. */
  readonly applied: readonly { readonly manager: string; readonly key: string }[];
}

const texts = { type: "object", additionalProperties: { type: "string" } } as const;
const anyMap = { type: "object" } as const;
const schema = {
  type: "object",
  properties: {
    type: { type: "string" },
    immutable: { type: "boolean" },
    data: texts,
    metadata: {
      type: "object",
      properties: {
        uid: { type: "string", minLength: 1 },
        resourceVersion: { type: "string", minLength: 1 },
        labels: texts,
        annotations: texts,
        managedFields: {
          type: "array",
          items: {
            type: "object",
            properties: {
              manager: { type: "string" },
              operation: { type: "string" },
              fieldsV1: {
                type: "object",
                properties: {
                  "f:data": anyMap,
                  "f:stringData": anyMap,
                  "f:metadata": { type: "object", properties: { "f:labels": anyMap, "f:annotations": anyMap } },
                },
              },
            },
          },
        },
      },
      required: ["uid", "resourceVersion"],
    },
  },
  required: ["metadata"],
} as const;

/** Its path in the API, segment by segment. */
export function secretPath({ options: { namespace, name } }: SecretContext): readonly string[] {
  return ["api", "v1", "namespaces", namespace, "secrets", name];
}

/** The Secret; undefined when the server itself says that it is not there. A refusal is never taken for absence. */
export async function readSecret(api: Api, ctx: SecretContext): Promise<LiveSecret | undefined> {
  const what = `read ${nameOf(ctx)}`;
  const answer = await api.send({ path: secretPath(ctx), what });
  if (saysMissing(answer, ctx.options.name)) return undefined;
  if (!answer.ok) throw api.refusal(answer, { what });
  return liveIn(answer, ctx.options.fieldManager);
}

function liveIn(answer: HttpAnswer, fieldManager: string): LiveSecret {
  const { metadata, data = {}, type = "Opaque", immutable = false } = answer.json(schema);
  const { uid, resourceVersion, labels = {}, annotations = {}, managedFields = [] } = metadata;
  const own = managedFields.find(({ manager, operation }) => manager === fieldManager && operation === "Apply");
  const fields = own?.fieldsV1;
  const owned = {
    data: keysOf(fields?.["f:data"]),
    labels: keysOf(fields?.["f:metadata"]?.["f:labels"]),
    annotations: keysOf(fields?.["f:metadata"]?.["f:annotations"]),
  };
  const applied = managedFields
    .filter(({ manager }) => manager !== fieldManager)
    .flatMap(({ manager = "", fieldsV1 }) => keysOf(fieldsV1?.["f:stringData"]).map((key) => ({ manager, key })));
  return { uid, resourceVersion, type, immutable, labels, annotations, data, owned, applied };
}

/** FieldsV1 writes a key as `f:KEY`; `.` is the map itself. */
function keysOf(fields: object = {}): readonly string[] {
  return Object.keys(fields).flatMap((name) => (name.startsWith("f:") ? [name.slice(2)] : []));
}

/** Refuses a Secret that no write can change. */
export function checkChangeable(live: LiveSecret, ctx: SecretContext): void {
  const { secretType } = ctx.options;
  const name = nameOf(ctx);
  if (live.immutable) {
    const hint = "delete it, and let it be made anew without `immutable: true`: its values can never change";
    throw invalid(`${name} is immutable`, hint);
  }
  if (secretType === undefined || secretType === live.type) return;
  throw invalid(
    `${name} has the type ${live.type}, not ${secretType}`,
    "a type can never change: delete the Secret, or correct `secretType`",
  );
}

/** The Secret is not there, and we are told not to make it. */
export function absent(ctx: SecretContext): RotateError {
  return new RotateError(`${nameOf(ctx)} does not exist`, {
    code: "NOT_FOUND",
    retryable: false,
    hint: "make it, or set `create: true`",
  });
}
