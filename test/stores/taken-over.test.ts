/** Whoever takes a rotation over from a process that may only be stopped: what each sink that may be written from several machines does about its late write. */
import { builtins } from "@rotate/builtins";
import { createCatalog } from "@rotate/core";
import { RotateError, type Sink } from "@rotate/plugin-kit";
import { expect, test } from "vitest";
import type { LeaseState } from "../../packages/core/src/store/state.ts";
import { createScene } from "../../packages/core/test/engine/support.ts";
import { takenOver } from "../../packages/core/test/fleet/taken-over.ts";

/** `always`: after `fence` the target refuses the write. `by place`: `fence` throws where it does not. `never`: nothing stops it. */
type Refusing = "always" | "by place" | "never";

const table: Readonly<Record<string, Refusing>> = {
  "aws-secrets-manager": "by place",
  "aws-ssm-parameter": "never",
  "azure-key-vault": "never",
  "gcp-secret-manager": "by place",
  "github-secret": "never",
  "gitlab-variable": "never",
  "kubernetes-secret": "always",
  "vault-kv": "by place",
};

const catalog = createCatalog(builtins);

async function sinks(): Promise<readonly Sink[]> {
  const parts = await Promise.all(catalog.types("sinks").map((type) => catalog.find("sinks", type)));
  return parts.flatMap((part) => part ?? []);
}

/** As a part says that it can, its place apart. */
function refusing(part: Sink): Refusing {
  if (part.fence === undefined) return "never";
  return part.lateWrites === undefined ? "always" : "by place";
}

/** What becomes of a credential that was about to be written there: nobody can say whether whoever had it is dead. @param fence what that of the sink does */
async function afterwards({ lateWrites }: Pick<Sink, "lateWrites">, fence: Sink["fence"]): Promise<LeaseState> {
  const scene = createScene((rotation) => ({
    ...rotation,
    sinks: rotation.sinks.map((sink) => ({
      ...sink,
      part: { ...sink.part, ...(fence && { fence }), ...(lateWrites !== undefined && { lateWrites }) },
    })),
  }));
  return (await takenOver(scene, "unknown"))!;
}

async function refused(): Promise<void> {
  throw new RotateError("not here", { code: "INVALID", retryable: false, noEffect: true, hint: "it is waited for" });
}

test("each sink that may be written from several machines stands in the table, as what it says of itself", async () => {
  const moving = (await sinks()).filter(({ scope }) => scope !== undefined && scope !== "host");
  expect(Object.fromEntries(moving.map((sink) => [sink.type, refusing(sink)]))).toEqual(table);
});

test("one that only `moves: true` lets go elsewhere can fence nothing, or is in the table", async () => {
  const others = (await sinks()).filter(({ type }) => !(type in table));
  expect(others.filter((part) => part.fence !== undefined)).toEqual([]);
});

/** Whether the credential lives to its end, by what became of `fence`. */
const outcomes: Readonly<Record<Refusing, readonly (readonly [Sink["fence"], boolean])[]>> = {
  always: [[async () => undefined, false]],
  "by place": [
    [async () => undefined, false],
    [refused, true],
  ],
  never: [[undefined, true]],
};

const cases = Object.entries(table).flatMap(([type, can]) =>
  outcomes[can].map(([fence, lives]) => ({ type, can, fence, lives })),
);

test.each(cases)("$type, which refuses a late write $can: its credential lives to its end: $lives", async (one) => {
  const part = (await catalog.find("sinks", one.type))!;
  expect((await afterwards(part, one.fence)).pinned === true).toBe(one.lives);
});

test("a file that several machines share: its credential lives to its end", async () => {
  const part = (await catalog.find("sinks", "dotenv"))!;
  expect(await afterwards(part, undefined)).toMatchObject({ phase: "live", pinned: true });
});
