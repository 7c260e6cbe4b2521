import { meanings, type HttpAnswer, type Refusals } from "@rotate/plugin-kit";
import { saidBy } from "../refusal.ts";
import { refusals } from "../readings.ts";

const { invalid, missing, raced, unsure } = meanings;

/** What the server said, for people. No value stands in it: neither server repeats the data of a request. */
export function said(answer: HttpAnswer): string {
  return saidBy(answer);
}

/** A write to a key-value engine; texts: openbao builtin/logical/kv/path_data.go. */
export const writeRefusals: Refusals = [
  {
    ...raced,
    status: 400,
    said: /did not match the current version/,
    hint: "somebody else wrote the secret meanwhile",
  },
  {
    ...invalid,
    status: 400,
    said: /required for this call/,
    hint: 'the mount is of engine version 2: leave `engine` out, or set `engine: "2"`',
  },
  { ...missing, status: 404, hint: "the secret is gone: store it anew, or set `create: true`" },
  {
    ...invalid,
    status: 500,
    said: /too large|exceeds the (max|limit)/i,
    hint: "the secret is larger than the server's storage takes (1 MiB by default)",
  },
  { ...unsure, status: 500, hint: "the server's storage failed; its log says why" },
  ...refusals,
];
