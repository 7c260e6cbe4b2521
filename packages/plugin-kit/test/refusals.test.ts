import { expect, test } from "vitest";
import {
  byStatus,
  execRefusal,
  httpRefusal,
  isRotateError,
  meanings,
  readAnswer,
  readRefusal,
  RotateError,
  type HttpAnswer,
  type Refusals,
} from "@rotate/plugin-kit";

const table: Refusals = [
  { ...meanings.person, said: /login is over/, hint: "log in again: issuer login" },
  { ...meanings.wait, status: 500, said: /connection refused/, hint: "is the database up?" },
  { ...meanings.invalid, status: [400, 409], said: /^BAD/ },
  { ...meanings.denied, said: /not yet valid/, clock: true },
  ...byStatus({ down: "it is down", limited: "it limits calls", silent: "is it the issuer?" }),
];

function answered(status: number, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return {
    status,
    ok: status < 300,
    headers: new Headers(headers),
    text: () => "",
    json: () => {
      throw new RotateError("no JSON", { code: "BAD_ANSWER", retryable: false });
    },
    tryJson: () => undefined,
    retryAfter: undefined,
  };
}

test("the first row that fits says what a refusal means", () => {
  expect(readRefusal(table, { status: 403, said: "X: the login is over" })).toMatchObject({ person: true });
  expect(readRefusal(table, { status: 500, said: "dial: connection refused" })).toMatchObject({ noEffect: true });
  expect(readRefusal(table, { status: 500, said: "" })).toMatchObject({ code: "UNAVAILABLE", noEffect: false });
  expect(readRefusal(table, { status: 302, said: "" })).toMatchObject({ code: "BAD_ANSWER", noEffect: true });
});

test("what nobody foresaw may have taken effect, and is tried again", () => {
  expect(readRefusal([], { status: 418, said: "" })).toMatchObject({
    code: "FAILED",
    retryable: true,
    noEffect: false,
  });
});

test("an answer becomes an error that says who has to act", () => {
  const error = httpRefusal(table, answered(403), { message: "no token: the login is over", said: "X: login is over" });
  expect(error).toMatchObject({
    message: "no token: the login is over (HTTP 403)",
    code: "DENIED",
    person: true,
    retryable: false,
    hint: "log in again: issuer login",
  });
  expect(isRotateError(error)).toBe(true);
});

test("where a row has no hint, the caller's advice counts", () => {
  const about = { message: "no token", said: "BAD: x", advice: "check the request" };
  expect(httpRefusal(table, answered(400), about)).toMatchObject({ code: "INVALID", hint: "check the request" });
});

test("a row about clocks says how far they are apart", () => {
  const now = Date.parse("2030-01-01T00:10:00Z");
  const answer = answered(401, { date: "Tue, 01 Jan 2030 00:00:00 GMT" });
  const error = httpRefusal(table, answer, { message: "no token", said: "not yet valid", now });
  expect(error.hint).toBe("set this machine's clock (NTP): it is 600 s ahead of the issuer's");
});

test("a command that failed is read by the same rows", () => {
  const answer = { exitCode: 1, stdout: "", stderr: "Error: the login is over\n" };
  expect(execRefusal(table, answer, { message: "no token", said: answer.stderr })).toMatchObject({
    message: "no token (exit 1): Error: the login is over",
    person: true,
  });
});

test("what a person has to do is no fault that passes by itself", () => {
  expect(new RotateError("x", { code: "FAILED", retryable: false })).toMatchObject({ person: false });
});

test("an answer of another shape says who else may have answered", () => {
  const schema = { type: "object", properties: {} } as const;
  expect(() => readAnswer(answered(200), schema, "is it the issuer?")).toThrow(
    expect.objectContaining({ code: "BAD_ANSWER", hint: "is it the issuer?" }),
  );
});
