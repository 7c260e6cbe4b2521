import type { ErrorCode, YAMLError } from "yaml";
import { limits } from "./bounds.ts";
import type { Fault } from "./fault.ts";

/** Ends a message on a document whose nesting would make its readers slow. */
export const tooDeep = `collections nest deeper than ${limits.depth}`;

/** Our words for the parser's: its own may quote the text, and the text may be a secret. */
const messages: Partial<Record<ErrorCode, readonly [message: string, hint?: string]>> = {
  BAD_ALIAS: ["this alias leads nowhere"],
  BAD_DIRECTIVE: ["this directive is not known"],
  BAD_DQ_ESCAPE: ["unknown escape in double quotes", "use single quotes to take the text as it is"],
  BAD_INDENT: ["wrong indentation", "items of one collection begin in the same column"],
  BAD_SCALAR_START: ["a text cannot begin with this character", "quote it"],
  BLOCK_AS_IMPLICIT_KEY: ["a nested mapping on one line", "quote the text if the colon belongs to it"],
  BLOCK_IN_FLOW: ["block notation inside brackets"],
  KEY_OVER_1024_CHARS: ["a key is longer than 1024 characters"],
  MISSING_CHAR: ["something is missing before this", "is a quote, bracket, comma or colon not closed or left out?"],
  MULTILINE_IMPLICIT_KEY: ["a key goes over several lines", "is a colon missing, or the indentation wrong?"],
  MULTIPLE_ANCHORS: ["two anchors on one value"],
  MULTIPLE_DOCS: [
    "more than one document in the file",
    "remove the second `---` and what follows, or make it another spec",
  ],
  MULTIPLE_TAGS: ["two tags on one value"],
  RESOURCE_EXHAUSTION: [tooDeep],
  TAB_AS_INDENT: ["a tab in the indentation", "use spaces"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "a spec has plain values only: remove the `!…`"],
  UNEXPECTED_TOKEN: ["the YAML ends its value before this", "is a quote missing, or the indentation wrong?"],
};

/** The one fault that is told about broken YAML: what follows it is mostly its echo. */
export function syntaxFault(error: YAMLError): Fault {
  const [message, hint] = messages[error.code] ?? ["not valid YAML"];
  return { path: [], message: `invalid YAML: ${message}`, hint, span: [error.pos[0], error.pos[1]] };
}

/** A warning of the parser is a fault of ours: what it did not understand must not be guessed. */
export function warningFault(warning: YAMLError): Fault {
  const [message, hint] = messages[warning.code] ?? ["ambiguous YAML"];
  return { path: [], message, hint, span: [warning.pos[0], warning.pos[1]] };
}
