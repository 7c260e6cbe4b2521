import { RotateError, Secret, type Probe, type SecretRef, type Sink } from "@rotate/plugin-kit";
import { templateOption, type Template } from "@rotate/runtime";
import { expect, test } from "vitest";
import type { ProbeEntry } from "../../src/loading/model.ts";
import { createScene, type Scene } from "./support.ts";
import { probeEntry, rotationIn } from "./spec.ts";

const given = "given-by-a-person";

function templateOf(field: string): Template {
  return { source: `{{ ${field} }}`, fields: [field], render: ({ fields }) => fields[field] ?? "" };
}

/** A scene whose new credentials are tried with this field, and what was tried. */
function scenesVerify(field: string, accepts: (text: string) => boolean): { scene: Scene; tried: readonly string[] } {
  const tried: string[] = [];
  const scene = createScene((rotation, world) => {
    const probe = probeEntry(world, "verify");
    const part: Probe = {
      ...probe.part,
      async run(ctx) {
        const text = (await ctx.resolve((ctx.options as { readonly password: SecretRef }).password)).reveal();
        tried.push(text);
        if (!accepts(text)) throw new RotateError("wrong password", { code: "DENIED", retryable: false });
      },
    };
    const verify: ProbeEntry = { ...probe, part, options: { password: templateOption(templateOf(field)) } };
    return { ...rotation, verify: [verify] };
  });
  return { scene, tried };
}

const takeAll: Sink["prepare"] = async () => ({ changed: true, commit: async () => undefined });

function eject(scene: Scene) {
  return scene.ask((engine) => engine.eject("db", new Map([["key", new Secret(given)]])));
}

test("given values are tried by verify before anything is written, as the fields that they are", async () => {
  const { scene, tried } = scenesVerify("token", () => true);
  await scene.run();
  const report = await eject(scene);
  expect(report).toMatchObject({ ejected: true, sinks: [{ result: "written" }] });
  expect(report.unverified).toBeUndefined();
  expect(tried.at(-1)).toBe(given);
});

test("given values that do not work are refused: nothing is written, and it is rotated as before", async () => {
  const { scene } = scenesVerify("token", (text) => text !== given);
  await scene.run();
  const before = scene.read("a");
  await expect(eject(scene)).rejects.toMatchObject({
    code: "ROTATE_VERIFY_DENIED",
    message: expect.stringMatching(/wrong password; nothing was written$/),
  });
  expect(scene.read("a")).toBe(before);
  expect(await scene.status()).toMatchObject({ state: "fresh", exit: 0 });
});

test("a rotation that was never run can be ejected, and one whose spec has a new sink", async () => {
  const never = createScene();
  expect(await eject(never)).toMatchObject({ ejected: true });
  const scene = createScene();
  await scene.run();
  const [db] = scene.rotations;
  scene.rotations = [{ ...db!, sinks: [...db!.sinks, ...rotationIn(scene, { sinks: ["b"] }).sinks] }];
  expect(await eject(scene)).toMatchObject({ ejected: true, sinks: [{ result: "written" }, { result: "written" }] });
});

test("a probe that needs a field which no given value is by itself is told as one that could not try them", async () => {
  const { scene, tried } = scenesVerify("username", () => false);
  expect(await eject(scene)).toMatchObject({
    ejected: true,
    unverified: ["test-probe: no given value is username by itself"],
  });
  expect(tried).toEqual([]);
});

test("two values for one field are neither tried as that field", async () => {
  const { scene, tried } = scenesVerify("token", () => false);
  const [db] = scene.rotations;
  const [b] = rotationIn(scene, { sinks: ["b"] }).sinks;
  const { type, options } = b!.part;
  const other = {
    ...b!,
    part: { type, options, target: () => "b", prepare: takeAll },
    values: { other: templateOf("token") },
  };
  scene.rotations = [{ ...db!, sinks: [...db!.sinks, other] }];
  const two = new Map([
    ["key", new Secret(given)],
    ["other", new Secret("another")],
  ]);
  const report = await scene.ask((engine) => engine.eject("db", two));
  expect(report.unverified).toEqual(["test-probe: no given value is token by itself"]);
  expect(tried).toEqual([]);
});
