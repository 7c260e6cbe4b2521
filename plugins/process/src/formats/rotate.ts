import { badAnswer, type Expires } from "@rotate/plugin-kit";
import { at, type Document, isObject, parseObject } from "../document.ts";
import { instant } from "../expiry.ts";
import type { Format } from "./format.ts";
import { declaredFields, readDeclared } from "./json.ts";

/** Our own form: {"fields": {name: text}, "expires": RFC 3339 time | {"in": milliseconds} | "never"}. Pointers of the request start at `fields`. */
export const rotate: Format = {
  fields: declaredFields,
  parse(stdout) {
    const document = parseObject(stdout);
    if (isObject(document["fields"])) return document;
    throw badAnswer("the output has no `fields`", 'it reads like {"fields": {"token": "…"}, "expires": "…"}');
  },
  read: (document, parts) => readDeclared(document["fields"] as Document, parts),
  expires,
};

function expires(document: Document): Expires | undefined {
  const stated = document["expires"];
  if (stated === undefined) return undefined;
  if (stated === "never") return stated;
  if (typeof stated === "string") return instant(stated);
  const life = at(stated, "/in");
  if (typeof life === "number" && life > 0 && life <= 8.64e15) return { in: life };
  throw badAnswer("`expires` of the output cannot be read", 'give an RFC 3339 time, {"in": milliseconds} or "never"');
}
