/** Reads the few messages that kubectl sends as protobuf (wire format of protobuf.dev/programming-guides/encoding; field numbers of k8s.io/api generated.proto). */
import type { Json } from "./types.ts";

/** Before the message: `k8s` and a zero (apimachinery runtime/serializer/protobuf). */
const magic = Buffer.from("k8s\0");

/** The content type of what kubectl sends. */
export const protobufType = "application/vnd.kubernetes.protobuf";

/** A field of a message, by its number: text, number, truth, a list of texts, or a message of its own. */
interface Message {
  readonly [field: number]: readonly [name: string, type: "text" | "texts" | "number" | "bool" | Message];
}

const boundObject: Message = {
  1: ["kind", "text"],
  2: ["apiVersion", "text"],
  3: ["name", "text"],
  4: ["uid", "text"],
};
const tokenSpec: Message = {
  1: ["audiences", "texts"],
  4: ["expirationSeconds", "number"],
  3: ["boundObjectRef", boundObject],
};
const attributes: Message = {
  1: ["namespace", "text"],
  2: ["verb", "text"],
  3: ["group", "text"],
  4: ["version", "text"],
  5: ["resource", "text"],
  6: ["subresource", "text"],
  7: ["name", "text"],
};
const messages: Readonly<Record<string, Message>> = {
  TokenRequest: { 2: ["spec", tokenSpec] },
  SelfSubjectAccessReview: { 2: ["spec", { 1: ["resourceAttributes", attributes] }] },
  SelfSubjectReview: {},
};

/** The object in a body, or undefined when it is of a kind that the double does not read. */
export function readProtobuf(body: Buffer): Json | undefined {
  if (!body.subarray(0, 4).equals(magic)) return undefined;
  const envelope = fieldsOf(body.subarray(4));
  const head = read({ 1: ["apiVersion", "text"], 2: ["kind", "text"] }, bytesAt(envelope, 1));
  const message = messages[String(head["kind"])];
  return message && { ...head, ...read(message, bytesAt(envelope, 2)) };
}

type Field = readonly [number: number, value: number | Buffer];

function bytesAt(fields: readonly Field[], number: number): Buffer {
  const value = fields.find(([at]) => at === number)?.[1];
  return typeof value === "object" ? value : Buffer.alloc(0);
}

function read(message: Message, bytes: Buffer): Json {
  const found: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const [name, type] = message[number] ?? [];
    if (name === undefined || type === undefined) continue;
    if (typeof value === "number") found[name] = type === "bool" ? value !== 0 : value;
    else if (typeof type === "object") found[name] = read(type, value);
    else found[name] = type === "texts" ? [...((found[name] ?? []) as string[]), value.toString()] : value.toString();
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== "" && value !== 0));
}

function varint(bytes: Buffer, from: number): readonly [value: number, next: number] {
  let value = 0;
  let at = from;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * factor;
    at += 1;
    if (byte < 0x80) return [value, at];
  }
}

function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const [tag, start] = varint(bytes, at);
    const [value, next] = varint(bytes, start);
    const sized = (tag & 7) === 2;
    fields.push([tag >> 3, sized ? bytes.subarray(next, next + value) : value]);
    at = sized ? next + value : next;
  }
  return fields;
}
