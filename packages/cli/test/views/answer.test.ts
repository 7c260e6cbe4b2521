import type { IncomingMessage, ServerResponse } from "node:http";
import { answering } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, createSend } from "../../src/views/answer.ts";
import { createSharedBytes } from "../../src/views/shared-bytes.ts";
import { get, type Got } from "./support.ts";

const headers = { "accept-encoding": "gzip" };

/** Lets so many ask, sends all of them this at the same moment, and gives what each got. */
async function sendAtOnce(times: number, body: () => Answer["body"]): Promise<readonly Got[]> {
  const send = createSend();
  const waiting: (readonly [IncomingMessage, ServerResponse])[] = [];
  const { url, close } = await answering((request, response) => {
    if (waiting.push([request, response]) < times) return;
    for (const one of waiting.splice(0)) void send(...one, { status: 200, type: "text/plain", body: body() });
  });
  onTestFinished(close);
  return Promise.all(Array.from({ length: times }, () => get(url, { headers })));
}

function zippedOf(answers: readonly Got[]): number {
  return answers.filter((one) => one.headers["content-encoding"] === "gzip").length;
}

test("eight texts are zipped at a time, and others are sent as they are", async () => {
  const text = "a text of a rotation ".repeat(10_000);
  const answers = await sendAtOnce(20, () => text);
  expect(zippedOf(answers)).toBe(8);
  expect(answers.filter((one) => one.text === text)).toHaveLength(12);
});

test("what many are sent is zipped once, for all of them", async () => {
  const bytes = Buffer.from("a text of a rotation ".repeat(10_000));
  expect(zippedOf(await sendAtOnce(20, () => bytes))).toBe(20);
});

test("who is sent the same at a time is sent the same bytes, made once", () => {
  let made = 0;
  const bytesOf = createSharedBytes((thing: { readonly name: string }) => `${thing.name} ${(made += 1)}`);
  const [one, other] = [{ name: "one" }, { name: "other" }];
  expect(bytesOf(one)).toBe(bytesOf(one));
  expect(String(bytesOf(other))).toBe("other 2");
});
