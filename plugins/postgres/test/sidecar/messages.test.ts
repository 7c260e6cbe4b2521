import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createActivity, createBoundaries } from "../../src/sidecar/activity.ts";
import { completer } from "../../src/sidecar/complete.ts";
import { int32, message, parseStartup, Refusal, startupPacket } from "../../src/sidecar/wire.ts";

const names = fc.string({ unit: "grapheme-ascii", minLength: 1 }).filter((name) => !name.includes("\0"));
const values = fc.uint8Array().map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 ? 1 : byte))));
const startups = fc.record({
  version: fc.constantFrom(196_608, 196_610, 3 * 65_536 + 9_999),
  parameters: fc.array(fc.tuple(names, values)).map((pairs) => new Map(pairs)),
});
const letters = fc.constantFrom("Q", "S", "F", "P", "D", "d", "c", "X", "Z", "G", "T");
const messages = fc.array(
  fc.tuple(letters, fc.uint8Array({ maxLength: 40 })).map(([type, body]) => message(type, Buffer.from(body))),
);

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The same bytes in other pieces. */
function cut(bytes: Buffer, at: readonly number[]): readonly Buffer[] {
  const places = [...new Set([0, ...at.map((place) => place % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

const startupOf = (pairs: Readonly<Record<string, string>>) => ({
  version: 196_608,
  parameters: new Map(Object.entries(pairs).map(([name, value]) => [name, Buffer.from(value)])),
});
const filled = (rules: Parameters<typeof completer>[0], pairs: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    [...completer(rules)(startupOf(pairs)).parameters].map(([name, value]) => [name, value.toString()]),
  );
const ready = (status: string) => message("Z", Buffer.from(status));
const query = message("Q", Buffer.from("select 1\0"));
const sync = message("S");

describe("a start-up packet", () => {
  test("is passed on as it came, whatever encoding its values are in", () => {
    fc.assert(
      fc.property(startups, (startup) => {
        const packet = startupPacket(startup);
        expect(packet.readInt32BE(0)).toBe(packet.length);
        expect(parseStartup(packet.subarray(4))).toEqual(startup);
      }),
    );
  });

  test("that is none is refused, never misread", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 60 }), (bytes) => {
        const content = Buffer.from(bytes);
        content.writeInt32BE(196_608);
        const read = attempt(() => parseStartup(content));
        const again = read instanceof Error ? content : startupPacket(read);
        expect([read instanceof Error && !(read instanceof Refusal), again.length > content.length + 4]).toEqual([
          false,
          false,
        ]);
      }),
    );
  });

  test.each([
    ["no terminator", "user\0app\0"],
    ["a name without a value", "user\0app\0database\0"],
    ["bytes behind the terminator", "user\0app\0\0x"],
    ["nothing at all", ""],
  ])("with %s is refused as PostgreSQL refuses it", (_, text) => {
    const content = Buffer.concat([int32(196_608), Buffer.from(text)]);
    expect(() => parseStartup(content)).toThrow("expected terminator as last byte");
  });

  test.each([
    ["2.0", 131_072],
    ["4.0", 262_144],
  ])("of protocol %s is refused", (_, version) => {
    expect(() => parseStartup(Buffer.concat([int32(version), Buffer.from([0])]))).toThrow(/unsupported frontend/);
  });
});

describe("what an application leaves open", () => {
  const rules = { allowReplication: false, database: "shop", applicationName: "web" };

  test("is put in: database and application name", () => {
    expect(filled(rules, { user: "app" })).toEqual({ user: "app", database: "shop", application_name: "web" });
    // What libpq and node-postgres send when nobody named a database.
    expect(filled(rules, { user: "app", database: "app" })).toMatchObject({ database: "shop" });
  });

  test("is left alone where it says something", () => {
    const said = { user: "app", database: "other", application_name: "job", options: "-c x=1", "_pq_.y": "z" };
    expect(filled(rules, said)).toEqual(said);
    expect(filled({ allowReplication: false }, { user: "app" })).toEqual({ user: "app", database: "app" });
  });

  test.each(["true", "on", "1", "database", "yes", "nonsense"])("replication %s is refused", (replication) => {
    expect(() => filled(rules, { user: "app", replication })).toThrow("no replication");
    expect(filled({ ...rules, allowReplication: true }, { user: "app", replication })).toMatchObject({ replication });
  });

  test.each(["false", "off", "0", "no"])("replication %s asks for none", (replication) => {
    expect(filled(rules, { user: "app", replication })).toMatchObject({ replication });
  });
});

describe("message boundaries", () => {
  test("are found however the bytes are cut", () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (sent, at) => {
        const seen: number[][] = [];
        const boundaries = createBoundaries((type, first) => void seen.push([type, first]));
        for (const chunk of cut(Buffer.concat(sent), at)) boundaries.feed(chunk);
        expect(seen).toEqual(sent.map((bytes) => [bytes[0], bytes[5] ?? 0]));
        expect(boundaries.isBetween()).toBe(true);
      }),
    );
  });

  test("are given up at what is no message", () => {
    const boundaries = createBoundaries(() => undefined);
    boundaries.feed(Buffer.from([0x44, 0, 0, 0, 3, 0x5a, 0, 0, 0, 5, 0x49]));
    expect(boundaries.isBetween()).toBe(false);
  });
});

describe("a session is idle", () => {
  test("when all that was asked is answered, and no transaction is open", () => {
    const activity = createActivity();
    expect(activity.isIdle()).toBe(true);
    activity.fromApplication(query);
    expect(activity.isIdle()).toBe(false);
    activity.fromServer(Buffer.concat([message("C", Buffer.from("BEGIN\0")), ready("T")]));
    expect(activity.isIdle()).toBe(false);
    activity.fromApplication(query);
    activity.fromServer(ready("I"));
    expect(activity.isIdle()).toBe(true);
  });

  test("not while the first of two queries is answered that were sent at once", () => {
    const activity = createActivity();
    activity.fromApplication(Buffer.concat([query, sync]));
    activity.fromServer(ready("I"));
    expect(activity.isIdle()).toBe(false);
    activity.fromServer(ready("I"));
    expect(activity.isIdle()).toBe(true);
  });

  test("not while a row is under way whose bytes look like the end of an answer", () => {
    const activity = createActivity();
    activity.fromApplication(query);
    activity.fromServer(Buffer.concat([Buffer.from("D"), int32(100), ready("I")]));
    expect(activity.isIdle()).toBe(false);
    expect(activity.isBetween()).toBe(false);
  });

  test("after a copy whose query was followed by a Sync that the server did not see", () => {
    const activity = createActivity();
    activity.fromApplication(Buffer.concat([message("P"), message("B"), message("E"), sync]));
    activity.fromServer(message("G", Buffer.from([0, 0, 0])));
    activity.fromApplication(Buffer.concat([message("d", Buffer.from("1\n")), message("c"), sync]));
    activity.fromServer(Buffer.concat([message("C", Buffer.from("COPY 1\0")), ready("I")]));
    expect(activity.isIdle()).toBe(true);
  });

  test("not in the middle of what it asks", () => {
    const activity = createActivity();
    activity.fromApplication(query.subarray(0, 3));
    expect(activity.isIdle()).toBe(false);
  });
});
