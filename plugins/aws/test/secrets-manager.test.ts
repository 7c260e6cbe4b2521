/** The sink `aws-secrets-manager` on moto, which checks signatures and policies. */
import { pythonProgram } from "@rotate/doubles";
import { errorOf, sinkContract, sinkValues, type SinkHarness, type SinkStage } from "@rotate/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { awsSecretsManager } from "../src/store/secret/sink.ts";
import { contextOn, startAccount, type Account } from "./support/moto-stage.ts";

interface SecretStage extends SinkStage {
  readonly name: string;
}

let account: Account;
let count = 0;
const values = sinkValues({ password: "first-text", user: "app-first" });

async function startStage({
  text,
  ...more
}: { readonly text?: string; readonly create?: boolean; readonly format?: string } = {}): Promise<SecretStage> {
  const name = `prod/app-${(count += 1)}/db`;
  if (text !== undefined) await account.root("secretsmanager.CreateSecret", { Name: name, SecretString: text });
  const pairs =
    more.format === "value"
      ? ([{ password: "first-text" }, { password: "second-text" }] as const)
      : ([
          { password: "first-text", user: "app-first" },
          { password: "second-text", user: "app-second" },
        ] as const);
  return {
    options: { ...account.options, secret: name, ...more },
    values: pairs,
    secrets: account.secrets,
    name,
  };
}

async function stored({ name }: Pick<SecretStage, "name">): Promise<string | undefined> {
  const answer = await account
    .root("secretsmanager.GetSecretValue", { SecretId: name, VersionStage: "AWSCURRENT" })
    .catch((error: Error) => error);
  if (!(answer instanceof Error)) return String(answer["SecretString"]);
  if (answer.message.includes("ResourceNotFoundException")) return undefined;
  throw answer;
}

async function labels({ name }: Pick<SecretStage, "name">): Promise<Readonly<Record<string, readonly string[]>>> {
  const { VersionIdsToStages } = await account.root("secretsmanager.DescribeSecret", { SecretId: name });
  return VersionIdsToStages as Readonly<Record<string, readonly string[]>>;
}

async function withLabel(stage: SecretStage, label: string): Promise<string> {
  const found = Object.entries(await labels(stage)).find(([, its]) => its.includes(label))?.[0] ?? "";
  const { SecretString } = await account.root("secretsmanager.GetSecretValue", {
    SecretId: stage.name,
    VersionId: found,
  });
  return String(SecretString);
}

/** moto forgets where AWSCURRENT is when it was moved by label, so that somebody else moves it by label too. */
async function overwrite(stage: SecretStage, text: string): Promise<void> {
  const from = Object.entries(await labels(stage)).find(([, its]) => its.includes("AWSCURRENT"))?.[0];
  const body = { SecretId: stage.name, SecretString: text, VersionStages: ["THEIRS"] };
  const { VersionId: to } = await account.root("secretsmanager.PutSecretValue", body);
  await account.root("secretsmanager.UpdateSecretVersionStage", {
    SecretId: stage.name,
    VersionStage: "AWSCURRENT",
    RemoveFromVersionId: from,
    MoveToVersionId: to,
  });
}

function harness(start: () => Promise<SecretStage>): SinkHarness<SecretStage> {
  const { lateWrites: _, ...strict } = awsSecretsManager;
  return {
    sink: strict,
    start,
    snapshot: stored,
    async readBack(stage) {
      const text = await stored(stage);
      if (text === undefined) return {};
      if ("format" in stage.options && stage.options["format"] === "value") return { password: text };
      const { others: __, ...data } = JSON.parse(text) as Record<string, string>;
      return data;
    },
    async meddle(stage) {
      const before = JSON.parse((await stored(stage)) ?? "{}") as Record<string, string>;
      const text = JSON.stringify({ ...before, password: "theirs", user: "theirs" });
      await overwrite(stage, text);
    },
    async refuse(stage) {
      await account.root("secretsmanager.DeleteSecret", { SecretId: stage.name });
    },
  };
}

async function write(stage: SecretStage, given = values) {
  const ctx = await contextOn(awsSecretsManager, stage.options);
  const prepared = await awsSecretsManager.prepare(given, ctx);
  if (prepared.changed) await prepared.commit(ctx);
  return prepared;
}

describe.skipIf(pythonProgram("moto_server") === undefined)("on moto", () => {
  beforeAll(async () => {
    account = await startAccount();
  });
  afterAll(() => account.moto.close());

  sinkContract(
    { describe, test },
    harness(() => startStage({ text: `{ "others":  "theirs" }` })),
  );

  test("what others keep stays byte for byte, and the previous text can be asked for as AWSPREVIOUS", async () => {
    const stage = await startStage({ text: `{\n  "others":  1.0e3, // theirs\n}`.replace(", // theirs", "") });
    await write(stage);
    expect(await stored(stage)).toMatch(`"others":  1.0e3`);
    expect(await withLabel(stage, "AWSPREVIOUS")).not.toMatch("first-text");
    await write(stage, sinkValues({ password: "second-text", user: "app-second" }));
    expect(await withLabel(stage, "AWSPREVIOUS")).toMatch("first-text");
    expect(await stored(stage)).toMatch("second-text");
  });

  test("nobody sees a new text before its commit, and undo leaves both labels where they were", async () => {
    const stage = await startStage({ text: "{}" });
    await write(stage);
    const before = await labels(stage);
    const ctx = await contextOn(awsSecretsManager, stage.options);
    const prepared = await awsSecretsManager.prepare(sinkValues({ password: "second-text", user: "x" }), ctx);
    expect(await stored(stage)).toMatch("first-text");
    await prepared.commit(ctx);
    await prepared.undo?.(ctx);
    expect(await stored(stage)).toMatch("first-text");
    const after = await labels(stage);
    for (const [version, its] of Object.entries(before))
      expect(after[version]?.filter((label) => label.startsWith("AWS"))).toEqual(
        its.filter((label) => label.startsWith("AWS")),
      );
  });

  test("a move from before a fence fails when it comes late, and what the fence copied is undone by a copy", async () => {
    const stage = await startStage({ text: `{"others":"theirs"}` });
    const ctx = await contextOn(awsSecretsManager, stage.options);
    const prepared = await awsSecretsManager.prepare(values, ctx);
    await prepared.commit(ctx);
    await awsSecretsManager.fence?.(ctx);
    expect(JSON.parse((await stored(stage)) ?? "")).toMatchObject({ password: "first-text" });
    await prepared.undo?.(ctx);
    expect(await stored(stage)).toBe(`{"others":"theirs"}`);
    await expect(prepared.commit(ctx)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("what a process staged and did not live to write is taken out of reach", async () => {
    const stage = await startStage({ text: "{}" });
    const ctx = { ...(await contextOn(awsSecretsManager, stage.options)), mark: "0123456789abcdef0123" };
    await awsSecretsManager.prepare(values, ctx);
    expect(Object.values(await labels(stage)).flat()).toContain("ROTATE_PENDING_0123456789abcdef");
    await awsSecretsManager.tidy?.(ctx);
    expect(Object.values(await labels(stage)).flat()).toEqual(["AWSCURRENT"]);
  });

  test("makes a secret where it may, writes the first value of an empty one, and cannot take either back", async () => {
    const absent = await startStage({ create: true });
    expect(await write(absent)).not.toHaveProperty("undo");
    expect(JSON.parse((await stored(absent)) ?? "")).toEqual({ password: "first-text", user: "app-first" });
    const empty = await startStage();
    await account.root("secretsmanager.CreateSecret", { Name: empty.name });
    expect(await write(empty)).not.toHaveProperty("undo");
    expect(JSON.parse((await stored(empty)) ?? "")).toMatchObject({ password: "first-text" });
  });

  test("the whole text may be one value", async () => {
    const stage = await startStage({ text: "old-text", format: "value" });
    const prepared = await write(stage, sinkValues({ password: "new-text" }));
    expect(await stored(stage)).toBe("new-text");
    await prepared.undo?.(await contextOn(awsSecretsManager, stage.options));
    expect(await stored(stage)).toBe("old-text");
    expect(await errorOf(write(stage))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching("takes one value"),
    });
  });

  test.each([
    ["there is none", undefined, {}, { code: "NOT_FOUND", hint: "create: true" }],
    ["its text is no JSON object", "plain", {}, { code: "INVALID", hint: "format: value" }],
    ["the text would be too large", "{}", { large: true }, { code: "INVALID", hint: "fewer or shorter" }],
  ])("before anything is minted or written: %s", async (_, text, given, expected) => {
    const stage = await startStage(text === undefined ? {} : { text });
    const ctx = await contextOn(awsSecretsManager, stage.options);
    const long = "large" in given ? sinkValues({ password: "x".repeat(70_000) }) : values;
    const tried = (async () => {
      await awsSecretsManager.check?.({ ...ctx, keys: ["password"] });
      await awsSecretsManager.prepare(long, ctx);
    })();
    const error = await errorOf(tried);
    expect(error).toMatchObject({ code: expected.code, hint: expect.stringMatching(expected.hint) });
  });

  test("a secret that is scheduled for deletion is refused", async () => {
    const deleted = await startStage({ text: "{}" });
    await account.root("secretsmanager.DeleteSecret", { SecretId: deleted.name });
    const ctx = await contextOn(awsSecretsManager, deleted.options);
    expect(await errorOf(awsSecretsManager.check!(ctx))).toMatchObject({
      code: "INVALID",
      hint: expect.stringMatching("restore-secret"),
    });
  });

  test("who may do nothing is told which rights are missing", async () => {
    const stage = await startStage({ text: "{}" });
    const ctx = await contextOn(awsSecretsManager, { ...account.bare, secret: stage.name });
    expect(await errorOf(awsSecretsManager.check!(ctx))).toMatchObject({
      code: "DENIED",
      hint: expect.stringMatching("UpdateSecretVersionStage"),
    });
  });

  test("plan warns of a secret that is written too often, and of one that something else wrote", async () => {
    const stage = await startStage({ text: `{"password":"theirs"}` });
    const ctx = await contextOn(awsSecretsManager, stage.options);
    await awsSecretsManager.check?.({ ...ctx, keys: ["password"], every: 300_000 });
    expect(ctx.logs.map(({ message }) => message)).toEqual([
      "Secrets Manager keeps every version for a day: written so often, the secret comes to its limit of versions",
      "takes over what something else wrote",
    ]);
    expect(ctx.logs.at(-1)?.fields).toMatchObject({ remedy: expect.stringContaining("Terraform") });
    expect(JSON.stringify(ctx.logs)).not.toMatch('theirs"');
  });

  test("a text that is larger than a secret takes is refused before anything is minted, and nothing is stored", async () => {
    const stage = await startStage({ text: `{"password":"theirs"}` });
    const before = await labels(stage);
    const ctx = await contextOn(awsSecretsManager, stage.options);
    const samples = sinkValues({ password: "x".repeat(65_536) });
    const refused = { code: "INVALID", noEffect: true, hint: expect.stringMatching("shorter values") };
    expect(await errorOf(awsSecretsManager.check!({ ...ctx, keys: ["password"], samples }))).toMatchObject(refused);
    expect(await errorOf(awsSecretsManager.prepare(samples, ctx))).toMatchObject(refused);
    expect(await labels(stage)).toEqual(before);
    const absent = await startStage({ create: true });
    const at = await contextOn(awsSecretsManager, absent.options);
    expect(await errorOf(awsSecretsManager.check!({ ...at, samples }))).toMatchObject(refused);
    expect(await errorOf(awsSecretsManager.prepare(samples, at))).toMatchObject(refused);
  });
});
