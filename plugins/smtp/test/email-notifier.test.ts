import type { Alarm } from "@rotate/plugin-kit";
import { createTestContext, sampleAlarm, secretRef } from "@rotate/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { emailNotifier } from "../src/email-notifier.ts";
import { login, no, startMailServer } from "./support/mail-server.ts";

const alarm: Alarm = {
  ...sampleAlarm,
  title: "billing-db and 2 more, vault: Tresor versiegelt für heute\r\nBcc: everybody@example.com",
  text: "[expired] web-1: billing-db\nfür immer",
  cause: { code: "ROTATE_MINT_DENIED", provider: "vault", message: "no" },
  rotations: ["billing-db"],
  steps: { "billing-db": "expired" },
  total: 3,
};
const to = ["ops@example.com", "Night <night@example.com>"];

async function serve(more: Parameters<typeof startMailServer>[0] = {}) {
  const server = await startMailServer(more);
  onTestFinished(server.close);
  const { port, ca } = server;
  const password = secretRef(login.password);
  const options = { host: "127.0.0.1", port, ca, from: "rotate@web-1.example", to, ...login, password };
  return { ...server, options };
}

function send(options: object, told: Alarm = alarm) {
  return emailNotifier.send(told, createTestContext({ options, schema: emailNotifier.options }));
}

describe("an e-mail about an alarm", () => {
  test("goes to everybody, encrypted, with what is wrong in its subject", async () => {
    const { mails, options } = await serve();
    await send(options, { ...alarm, title: "billing-db and 2 more" });
    expect(mails).toMatchObject([
      { from: "rotate@web-1.example", to: ["ops@example.com", "night@example.com"], encrypted: true },
    ]);
    expect(mails[0]?.headers.get("subject")).toBe("[rotate web-1] EXPIRED: billing-db and 2 more");
    expect(mails[0]?.text).toContain("für immer");
  });

  test("is one of a thread, and the same again when it is sent twice", async () => {
    const { mails, options } = await serve();
    await send(options);
    await send(options);
    await send(options, { ...alarm, step: "recovered", delivery: "another" });
    const ids = mails.map(({ headers }) => headers.get("message-id"));
    expect(ids).toEqual([
      "<d41d8cd98f00b204@web-1.example>",
      "<d41d8cd98f00b204@web-1.example>",
      "<another@web-1.example>",
    ]);
    expect(new Set(mails.map(({ headers }) => headers.get("references")))).toEqual(
      new Set(["<web-1.c1f0a2b3@web-1.example>"]),
    );
  });

  test("is answered by nobody's holiday, and by no header that an issuer's words would add", async () => {
    const { mails, options } = await serve();
    await send(options);
    expect(mails[0]?.headers.get("auto-submitted")).toBe("auto-generated");
    expect(mails[0]?.headers.has("bcc")).toBe(false);
    expect(mails[0]?.to).toHaveLength(2);
  });
});

describe("an e-mail is not sent", () => {
  test("where STARTTLS is not offered", async () => {
    const { mails, options } = await serve({ disabledCommands: ["STARTTLS"] });
    await expect(send(options)).rejects.toMatchObject({ code: "INVALID", hint: expect.stringContaining("TLS") });
    expect(mails).toEqual([]);
  });

  test("under a certificate that nobody here trusts", async () => {
    const { ca: _, options } = await serve();
    const { ca: _trusted, ...others } = options;
    await expect(send(others)).rejects.toMatchObject({ message: expect.stringContaining("127.0.0.1:") });
  });

  test("in the clear to another machine, unless that is allowed", async () => {
    const { options } = await serve();
    const insecure = { ...options, encryption: "none", host: "mail.example.com" };
    await expect(send(insecure)).rejects.toMatchObject({ hint: expect.stringContaining("allowInsecure") });
  });

  test("with half of a login", async () => {
    const { options } = await serve();
    const { password: _, ...half } = options;
    await expect(send(half)).rejects.toMatchObject({ code: "INVALID", message: expect.stringContaining("together") });
  });

  test.each([
    [
      "a wrong password",
      { onAuth: (_a: unknown, _s: unknown, done: (error: Error) => void) => done(no(535)) },
      "DENIED",
    ],
    [
      "an unknown address",
      { onRcptTo: (_a: unknown, _s: unknown, done: (error: Error) => void) => done(no(550)) },
      "INVALID",
    ],
    [
      "a mailbox that is full for now",
      { onRcptTo: (_a: unknown, _s: unknown, done: (error: Error) => void) => done(no(452)) },
      "UNAVAILABLE",
    ],
  ])("to a server that answers with %s, and says why", async (_name, more, code) => {
    const { options } = await serve(more);
    const error: unknown = await send(options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable: code === "UNAVAILABLE" });
    expect(JSON.stringify(error) + String(error)).not.toContain(login.password);
  });

  test("where nobody listens", async () => {
    await expect(send({ host: "127.0.0.1", port: 1, from: "a@b.example", to })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
    });
  });
});

test("an e-mail goes in the clear to a server of this machine that says so", async () => {
  const { mails, options } = await serve({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
  });
  const { username: _, password: __, ca: ___, ...plain } = options;
  await send({ ...plain, encryption: "none" });
  expect(mails).toMatchObject([{ encrypted: false }]);
});
