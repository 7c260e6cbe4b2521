import { type DoubleFault, gcpFaults } from "@rotate/doubles";
import { errorOf, effectOf, outageSamples, refusalContract, silenceSamples, type WriteRefusal } from "@rotate/testkit";
import { describe, expect, test } from "vitest";
import { aliasRefusals, secretRefusals } from "../../src/refusal/index.ts";
import { name, secretCloud } from "./support.ts";

const before = '{"user":"app","password":"theirs"}';
const password = { password: "ours-1234" };
const addRoute = `POST /v1/${name}:addVersion`;

function status(code: number, word: string, message: string): DoubleFault {
  return { status: code, body: { error: { code, status: word, message } } };
}

const kms =
  "Permission 'cloudkms.cryptoKeyVersions.useToEncrypt' denied on resource 'projects/acme/…' (or it may not exist).";
const perimeter = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: x";
const rows: readonly WriteRefusal<DoubleFault>[] = [
  { name: "an API that is off", fault: gcpFaults.apiDisabled, code: "DENIED", hint: /enable secretmanager/ },
  {
    name: "a key of KMS that is not usable",
    fault: status(403, "PERMISSION_DENIED", kms),
    code: "DENIED",
    hint: /cryptoKeyEncrypterDecrypter/,
  },
  {
    name: "a key of KMS that is disabled",
    fault: status(400, "FAILED_PRECONDITION", "KMS key version is disabled"),
    code: "DENIED",
    hint: /enabled/,
  },
  {
    name: "a service perimeter",
    fault: status(403, "PERMISSION_DENIED", perimeter),
    code: "DENIED",
    hint: /perimeter/,
  },
  {
    name: "a right that is lacking",
    fault: status(403, "PERMISSION_DENIED", "Permission denied"),
    code: "DENIED",
    hint: /secretVersionAdder/,
  },
  { name: "a narrow scope", fault: gcpFaults.narrowScope, code: "DENIED", hint: /cloud-platform/ },
  { name: "a token that is over", fault: gcpFaults.unauthenticated, code: "DENIED", hint: /source/ },
  {
    name: "a secret that is gone",
    fault: status(404, "NOT_FOUND", "Secret not found"),
    code: "NOT_FOUND",
    hint: /check project/,
  },
  {
    name: "a change at the same moment",
    fault: status(409, "ABORTED", "x"),
    code: "CONFLICT",
    retryable: true,
    hint: /somebody else/,
  },
  {
    name: "a policy on places",
    fault: status(400, "FAILED_PRECONDITION", "Constraint violated"),
    code: "INVALID",
    hint: /policy/,
  },
  { name: "an argument that is refused", fault: status(400, "INVALID_ARGUMENT", "x"), code: "INVALID", hint: /64 KiB/ },
  { name: "a quota", fault: gcpFaults.exhausted, code: "RATE_LIMITED", retryable: true, hint: /600/ },
  { name: "an outage", fault: gcpFaults.unavailable, code: "UNAVAILABLE", retryable: true, hint: /status\.cloud/ },
  {
    name: "a fault inside",
    fault: gcpFaults.internal,
    code: "UNAVAILABLE",
    retryable: true,
    hint: /status\.cloud/,
    unknown: true,
  },
  { name: "a page of a proxy", fault: "html", code: "BAD_ANSWER", hint: /proxy/ },
  { name: "a dropped connection", fault: "drop", code: "UNAVAILABLE", retryable: true, hint: /./, unknown: true },
  {
    name: "a success of somebody else",
    fault: { status: 200, body: {} },
    code: "BAD_ANSWER",
    hint: /endpoints/,
    unknown: true,
  },
];

test.each(rows)("a write that meets $name is $code", async (row) => {
  const { gcp, ctx, prepare } = await secretCloud("latest", before);
  const prepared = await prepare(password);
  gcp.faults.next(addRoute, row.fault);
  const error = await errorOf(prepared.commit(await ctx()));
  expect(error).toMatchObject(effectOf(row));
  expect(error.hint).toMatch(row.hint);
});

test("with an alias, what the version is refused for is found before the commit", async () => {
  const { gcp, prepare } = await secretCloud("alias", before);
  gcp.faults.next(addRoute, status(403, "PERMISSION_DENIED", kms));
  expect(await errorOf(prepare(password))).toMatchObject({ code: "DENIED", hint: expect.stringContaining("cloudkms") });
});

describe("a check names what is lacking, before the mint", () => {
  test.each([
    ["latest", {}, ["versions.access"]],
    ["latest", {}, ["versions.add"]],
    ["alias", {}, ["secrets.update", "versions.add"]],
    ["alias", { keep: 2 }, ["versions.destroy"]],
  ] as const)("%s %o: %s", async (mode, more, lacking) => {
    const { gcp, check } = await secretCloud(mode, before);
    for (const right of lacking) gcp.setRight(`secretmanager.${right}`, false);
    const error = await errorOf(check(more));
    expect(error).toMatchObject({ code: "DENIED", retryable: false });
    for (const right of lacking) expect(error.message).toContain(right);
  });
});

test("who may only read and add versions can do without the right to look at the secret", async () => {
  const { gcp, check, write } = await secretCloud("latest", before);
  gcp.setRight("secretmanager.secrets.get", false);
  const { logs } = await check();
  expect(logs.find(({ level }) => level === "info")?.fields).toMatchObject({ right: "secretmanager.secrets.get" });
  await write(password);
  const { check: withAlias } = await secretCloud("alias", before);
  await expect(withAlias()).resolves.toBeDefined();
});

test("a 403 is no absent secret", async () => {
  const { gcp, prepare, read } = await secretCloud("alias", before);
  gcp.setRight("secretmanager.secrets.get", false);
  expect(await errorOf(prepare(password, { create: true }))).toMatchObject({ code: "DENIED" });
  expect(await errorOf(read(["password"]))).toMatchObject({ code: "DENIED" });
});

describe("a secret that others care for", () => {
  test("is refused where Google itself rotates it", async () => {
    const { gcp, check, prepare } = await secretCloud("latest", before);
    gcp.setSecret(name, { rotation: { managedRotationStatus: { state: "ACTIVE" } } });
    for (const call of [() => check(), () => prepare(password)])
      expect(await errorOf(call())).toMatchObject({
        code: "INVALID",
        hint: expect.stringContaining("managed rotation"),
      });
  });

  test.each([
    ["an owner", { labels: { "managed-by": "external-secrets" } }, "warn somebody else says that the secret is theirs"],
    ["Terraform", { labels: { "goog-terraform-provisioned": "true" } }, "info Terraform made the secret"],
    [
      "announced rotations",
      { rotation: { nextRotationTime: "2030-01-01T00:00:00Z" } },
      "warn the secret announces rotations of its own",
    ],
    ["an end", { expireTime: "2030-01-01T00:00:00Z" }, "warn the whole secret will be deleted"],
  ])("is told of: %s", async (_name, change, line) => {
    const { gcp, check } = await secretCloud("latest", before);
    gcp.setSecret(name, change);
    const { logs } = await check({ keep: 2 }, { ours: true });
    expect(logs.map(({ level, message }) => `${level} ${message}`)).toEqual([line]);
  });

  test("is taken over with a warning, and the cost of versions is told, until it is ours", async () => {
    const { check } = await secretCloud("latest", before);
    expect((await check()).logs.map(({ message }) => message)).toEqual([
      "takes over a secret that has a value",
      "each write adds a version, which is paid for until somebody destroys it",
    ]);
    expect((await check({}, { ours: true })).logs).toEqual([]);
  });
});

test("a secret that is no JSON object, or has our member twice, is refused before the mint and not quoted", async () => {
  for (const text of ["s3cret-text", '{"password":"s3cret","password":"s3cret"}']) {
    const { prepare } = await secretCloud("latest", text);
    const error = await errorOf(prepare(password));
    expect(error).toMatchObject({ code: "INVALID" });
    expect(`${error.message}${error.hint}`).not.toContain("s3cret");
  }
});

test("a payload that was changed on its way is not believed", async () => {
  const { gcp, prepare } = await secretCloud("latest", before);
  const payload = { data: Buffer.from("other").toString("base64"), dataCrc32c: "1" };
  gcp.faults.next(`GET /v1/${name}/versions/latest:access`, {
    status: 200,
    body: { name: `${name}/versions/1`, payload },
  });
  expect(await errorOf(prepare(password))).toMatchObject({ code: "BAD_ANSWER", retryable: true });
});

const samples = [
  { status: 403, said: "PERMISSION_DENIED: Secret Manager API has not been used in project 1", is: "denied" },
  { status: 403, said: `PERMISSION_DENIED: ${kms}`, is: "denied" },
  { status: 403, said: `PERMISSION_DENIED: ${perimeter}`, is: "denied" },
  { status: 403, said: "PERMISSION_DENIED: Request had insufficient authentication scopes", is: "denied" },
  { status: 401, said: "UNAUTHENTICATED: no", is: "denied" },
  { status: 404, said: "NOT_FOUND: Secret not found", is: "missing" },
  { status: 409, said: "ALREADY_EXISTS: Secret already exists", is: "raced" },
  { status: 429, said: "RESOURCE_EXHAUSTED: Quota exceeded", is: "limited" },
  { status: 400, said: "INVALID_ARGUMENT: no", is: "invalid" },
  { status: 503, said: "UNAVAILABLE: no", is: "wait" },
  { status: 500, said: "INTERNAL: no", is: "unsure" },
  ...outageSamples,
  ...silenceSamples,
] as const;
const permission = { status: 403, said: "PERMISSION_DENIED: Permission denied", is: "denied" } as const;
const precondition = { status: 400, said: "FAILED_PRECONDITION: no" } as const;

refusalContract(
  { describe, test },
  {
    name: "Secret Manager",
    of: "http",
    table: secretRefusals,
    samples: [...samples, permission, { ...precondition, is: "invalid" }],
  },
);

describe("a change under an etag", () => {
  test("that fails is a race, and lacks other rights", () => {
    const [race, right] = aliasRefusals;
    expect([race?.code, race?.retryable, right?.hint]).toEqual([
      "CONFLICT",
      true,
      expect.stringContaining("secrets.update"),
    ]);
  });
});
