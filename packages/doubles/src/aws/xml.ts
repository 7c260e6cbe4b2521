import { randomUUID } from "node:crypto";
import type { DoubleAnswer } from "../http-double.ts";
import type { AwsRefusal } from "./refusal.ts";

/** Elements by name; an undefined one is left out. */
export interface Elements {
  readonly [name: string]: string | number | Elements | undefined;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function write(elements: Elements, indent: string): string {
  return Object.entries(elements)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      typeof value === "object"
        ? `${indent}<${name}>\n${write(value, `${indent}  `)}${indent}</${name}>\n`
        : `${indent}<${name}>${escaped(String(value))}</${name}>\n`,
    )
    .join("");
}

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

function xml(status: number, requestId: string, body: string): DoubleAnswer {
  return { status, body, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId } };
}

/** `<ActionResponse><ActionResult>…`, with the request's id. */
export function success(action: string, result: Elements): DoubleAnswer {
  const requestId = randomUUID();
  const inner = write({ [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }, "  ");
  return xml(200, requestId, `<${action}Response xmlns="${namespace}">\n${inner}</${action}Response>\n`);
}

/** `<ErrorResponse><Error>…`. */
export function failure({ status, code, message }: AwsRefusal): DoubleAnswer {
  const requestId = randomUUID();
  const type = status >= 500 ? "Receiver" : "Sender";
  const inner = write({ Error: { Type: type, Code: code, Message: message }, RequestId: requestId }, "  ");
  return xml(status, requestId, `<ErrorResponse xmlns="${namespace}">\n${inner}</ErrorResponse>\n`);
}
