/** moto's server: an AWS account by another hand, with its own check of signatures and policies. https://docs.getmoto.org */
import { mkdtemp, realpath } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTethered } from "./tethered.ts";
import { pythonProgram } from "./tools.ts";

/** The account 123456789012, empty. */
export interface Moto {
  readonly url: string;
  /** Calls IAM; no key is asked for until `guard`. Gives the answer's XML; throws when it is refused. */
  readonly iam: (action: string, parameters: Readonly<Record<string, string>>) => Promise<string>;
  /** From now on every request needs the signature of a key, and a policy that allows it. */
  readonly guard: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. Throws with its own words when it does not come up. */
export async function startMoto(): Promise<Moto> {
  const program = pythonProgram("moto_server");
  if (program === undefined) throw new Error("moto is not installed: npm run test:setup brings it");
  const base = await mkdtemp(join(await realpath(tmpdir()), "rotate-moto-"));
  const { line, stop } = await startTethered({
    argv: [program, "-H", "127.0.0.1", "-p", "0"],
    base,
    signal: "TERM",
    env: { PATH: process.env["PATH"], HOME: base, PYTHONUNBUFFERED: "1" },
    isReady: (text) => text.includes("Running on http://127.0.0.1:"),
  });
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? "";
  return {
    url,
    close: stop,
    iam: (action, parameters) => callIam(url, { Action: action, Version: "2010-05-08", ...parameters }),
    guard: async () => void (await fetch(`${url}/moto-api/reset-auth`, { method: "POST", body: "0" })),
  };
}

/** moto reads the service from the scope of the signature, which nothing checks yet. */
const scope = "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=any";

async function callIam(url: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: scope },
    body: new URLSearchParams(parameters),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${parameters["Action"]}: ${answer.status} ${text}`);
  return text;
}
