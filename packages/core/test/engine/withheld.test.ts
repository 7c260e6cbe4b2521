import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context, SecretRef } from "@rotate/plugin-kit";
import { createRuntime, reference } from "@rotate/runtime";
import { describe, expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { probeEntry } from "./spec.ts";
import { createScene, type Scene } from "./support.ts";

const env = { PATH: process.env["PATH"], ISSUER_KEY: "key-of-the-issuer", HEALTH_KEY: "key-of-health", OTHER: "seen" };

/** Writes its environment to a file of the scene. */
async function tell(ctx: Context, path: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  await ctx.exec(["sh", "-c", 'env > "$TOLD"'], { env: { TOLD: path, ...more } });
}

/** A rotation whose provider logs in by a secret variable, and whose parts all run commands. */
function runningCommands(rotation: Rotation, directory: string, more: Readonly<Record<string, string>> = {}): Rotation {
  const { provider, sinks, reloads } = rotation;
  const told = (name: string): string => join(directory, `${name}.env`);
  const health = probeEntry({ directory, now: Date.now, life: 0, hook: () => undefined }, "health");
  return {
    ...rotation,
    provider: { ...provider, options: { key: reference({ env: "ISSUER_KEY" }, true) } },
    sinks: sinks.map((sink) => ({
      ...sink,
      part: { ...sink.part, check: (ctx: Context) => tell(ctx, told("sink"), more) },
    })),
    reloads: reloads.map((reload) => ({
      ...reload,
      part: { ...reload.part, run: async (_event, ctx) => tell(ctx, told("reload"), more) },
    })),
    health: [
      {
        ...health,
        options: { key: reference({ env: "HEALTH_KEY" }, true) },
        part: { ...health.part, run: (ctx) => tell(ctx, told("health"), more) },
      },
    ],
  };
}

async function environments(more: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const scene = createScene((rotation, { directory }) => runningCommands(rotation, directory, more));
  scene.runtime = createRuntime({ clock: scene.clock, env, log: { write: () => undefined } });
  await scene.run();
  return ["sink", "reload", "health"].map((name) => readFileSync(join(scene.directory, `${name}.env`), "utf8"));
}

describe("the commands of sinks, reloads and probes", () => {
  test("do not inherit the variables that the spec names as secrets", async () => {
    for (const seen of await environments()) {
      expect(seen).not.toContain("key-of-the-issuer");
      expect(seen).not.toContain("key-of-health");
      expect(seen).toContain("OTHER=seen");
    }
  });

  test("get one that is handed over to them", async () => {
    for (const seen of await environments({ ISSUER_KEY: "for-you" })) expect(seen).toContain("ISSUER_KEY=for-you");
  });
});

/** A login by the command of a reference, which leaves a mark. */
function loggingIn(kind: "login" | "options"): { readonly scene: Scene; readonly ran: () => boolean } {
  const scene = createScene((rotation, { directory }) => {
    const source = reference({ exec: ["sh", "-c", `: > ${join(directory, "ran")}; echo text`] }, kind === "login");
    const login = async (ctx: Context) => {
      if (kind === "login") await ctx.resolve((ctx.options as { key: SecretRef }).key);
      return {};
    };
    const { provider } = rotation;
    return { ...rotation, provider: { ...provider, options: { key: source }, part: { ...provider.part, login } } };
  });
  scene.runtime = createRuntime({ clock: scene.clock, env, log: { write: () => undefined } });
  return { scene, ran: () => existsSync(join(scene.directory, "ran")) };
}

describe.each(["login", "options"] as const)("a plan, where a command stands in the %s of a provider", (kind) => {
  test("runs it only when asked to, and says what was not looked at", async () => {
    const { scene, ran } = loggingIn(kind);
    const { rotations } = await scene.ask((engine) => engine.plan());
    expect(ran()).toBe(false);
    expect(rotations[0]?.checks).toContainEqual(
      expect.objectContaining({ what: "provider issuer", result: "not-checked" }),
    );
    const asked = await scene.ask((engine) => engine.plan({ resolveExec: true }));
    expect(ran()).toBe(true);
    expect(asked.rotations[0]?.checks).toContainEqual({ what: "provider issuer", result: "ok" });
  });
});
