/** The sink `aws-ssm-parameter` on moto, which checks signatures and policies. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pythonProgram } from "@rotate/doubles";
import { errorOf, secretRef, sinkContract, sinkValues, type SinkHarness, type SinkStage } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { awsSsmParameter } from "../src/store/parameter/sink.ts";
import { contextOn, startAccount, type Account } from "./support/moto-stage.ts";

interface ParameterStage extends SinkStage {
  readonly name: string;
}

let account: Account;
let count = 0;
const one = sinkValues({ password: "first-text" });

async function startStage(
  more: Readonly<Record<string, unknown>> = {},
  kept: object = { Type: "SecureString" },
): Promise<ParameterStage> {
  const name = `/prod/app-${(count += 1)}/db`;
  if (more["create"] !== true) await account.root("AmazonSSM.PutParameter", { Name: name, Value: "old-text", ...kept });
  const values = [{ password: "first-text" }, { password: "second-text" }] as const;
  return { options: { ...account.options, name, ...more }, values, secrets: account.secrets, name };
}

async function stored({ name }: ParameterStage): Promise<string | undefined> {
  const body = { Name: name, WithDecryption: true };
  const answer = await account.root("AmazonSSM.GetParameter", body).catch((error: Error) => error);
  if (!(answer instanceof Error)) return (answer["Parameter"] as { readonly Value: string }).Value;
  if (answer.message.includes("ParameterNotFound")) return undefined;
  throw answer;
}

async function history({ name }: ParameterStage): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { Parameters } = await account.root("AmazonSSM.GetParameterHistory", { Name: name });
  return Parameters as readonly Readonly<Record<string, unknown>>[];
}

const harness: SinkHarness<ParameterStage> = {
  sink: awsSsmParameter,
  start: () => startStage({ create: true }),
  snapshot: stored,
  async readBack(stage) {
    const password = await stored(stage);
    return password === undefined ? {} : { password };
  },
  async meddle({ name }) {
    await account.root("AmazonSSM.PutParameter", {
      Name: name,
      Value: "theirs",
      Type: "SecureString",
      Overwrite: true,
    });
  },
  async refuse({ name }) {
    await account.root("AmazonSSM.PutParameter", { Name: name, Value: "a,b", Type: "StringList", Overwrite: true });
  },
};

async function write(stage: ParameterStage) {
  const ctx = await contextOn(awsSsmParameter, stage.options);
  const prepared = await awsSsmParameter.prepare(one, ctx);
  if (prepared.changed) await prepared.commit(ctx);
  return { prepared, ctx };
}

async function check(stage: ParameterStage, more: object = {}) {
  const ctx = await contextOn(awsSsmParameter, stage.options);
  await awsSsmParameter.check?.({ ...ctx, keys: ["password"], ...more });
  return ctx;
}

describe.skipIf(pythonProgram("moto_server") === undefined)("on moto", () => {
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account.moto.close());

  sinkContract({ describe, test }, harness);

  test("a new version keeps the key and the tier of the one before", async () => {
    const stage = await startStage({}, { Type: "SecureString", KeyId: "alias/own", Tier: "Advanced" });
    const { prepared, ctx } = await write(stage);
    expect((await history(stage)).at(-1)).toMatchObject({
      Value: expect.anything(),
      KeyId: "alias/own",
      Type: "SecureString",
    });
    await prepared.undo?.(ctx);
    expect(await stored(stage)).toBe("old-text");
  });

  test("what is written already makes no version", async () => {
    const stage = await startStage();
    await write(stage);
    await write(stage);
    expect(await history(stage)).toHaveLength(2);
  });

  test("a version that somebody else made meanwhile is looked at again", async () => {
    const stage = await startStage();
    const ctx = await contextOn(awsSsmParameter, stage.options);
    const prepared = await awsSsmParameter.prepare(one, ctx);
    await harness.meddle(stage);
    expect(await errorOf(prepared.commit(ctx))).toMatchObject({ code: "CONFLICT", retryable: true });
  });

  test.each([
    ["it is not there", { name: "/none" }, {}, { code: "NOT_FOUND", hint: "create: true" }],
    ["it holds several values", {}, { Type: "StringList" }, { code: "INVALID", hint: "SecureString" }],
  ])("before anything is minted it is found that %s", async (_, options, kept, expected) => {
    const stage = await startStage(options, { Type: "SecureString", ...kept });
    expect(await errorOf(check(stage))).toMatchObject({
      code: expected.code,
      hint: expect.stringMatching(expected.hint),
    });
  });

  test("one parameter is one value, of 4 KiB where it is a standard one", async () => {
    const stage = await startStage();
    expect(await errorOf(check(stage, { keys: ["a", "b"] }))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching("a, b"),
    });
    const samples = sinkValues({ password: "x".repeat(4097) });
    expect(await errorOf(check(stage, { samples }))).toMatchObject({
      code: "INVALID",
      hint: expect.stringMatching("advanced"),
    });
  });

  test("plan warns of a parameter that everybody may read, and of one that something else wrote", async () => {
    const stage = await startStage({}, { Type: "String" });
    const { logs } = await check(stage);
    expect(logs.map(({ message }) => message)).toEqual([
      "the parameter is of type String: whoever may list it reads the secret",
      "takes over what something else wrote",
    ]);
    expect(logs.at(-1)?.fields).toMatchObject({ remedy: expect.stringContaining("Terraform") });
  });

  test("who may do nothing is told which rights are missing", async () => {
    const stage = await startStage();
    const denied = check({ ...stage, options: { ...account.bare, name: stage.name } });
    expect(await errorOf(denied)).toMatchObject({ code: "DENIED", hint: expect.stringMatching("GetParameterHistory") });
  });
});

/** A store that answers with a hundred versions, of which the oldest has a label. */
async function startFull(): Promise<string> {
  const versions = Array.from({ length: 100 }, (_, at) => ({
    Version: at + 1,
    ...(at === 0 && { Labels: ["stable"] }),
  }));
  const server = createServer((request, response) => {
    const action = String(request.headers["x-amz-target"]).split(".")[1];
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        const { NextToken: token } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly NextToken?: string };
        const page =
          token === undefined
            ? { Parameters: versions.slice(0, 50), NextToken: "2" }
            : { Parameters: versions.slice(50) };
        const found = { Parameter: { Type: "SecureString", Value: "old-text", Version: 100 } };
        response.end(JSON.stringify(action === "GetParameter" ? found : page));
      });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a hundred versions of which the oldest is labelled are found before anything is minted", async () => {
  const options = {
    region: "eu-central-1",
    endpoints: { ssm: await startFull() },
    credentials: { source: "keys", accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secretRef("some-secret") },
    name: "/prod/db",
  };
  const ctx = await contextOn(awsSsmParameter, options);
  const error = await errorOf(awsSsmParameter.check!({ ...ctx, keys: ["password"] }));
  expect(error).toMatchObject({
    code: "INVALID",
    message: expect.stringMatching("stable"),
    hint: expect.stringMatching("move the label"),
  });
});
