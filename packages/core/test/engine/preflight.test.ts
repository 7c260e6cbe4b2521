import type { SinkContext } from "@rotate/plugin-kit";
import { revealValues } from "@rotate/testkit";
import { expect, test } from "vitest";
import type { Rotation } from "../../src/loading/model.ts";
import { createScene } from "./support.ts";

type Checked = { readonly request?: unknown; readonly values?: Readonly<Record<string, string>> | undefined };

/** The rotation with parts that note what their checks are told. */
function noting(rotation: Rotation, seen: (checked: Checked) => void): Rotation {
  const { provider, sinks } = rotation;
  return {
    ...rotation,
    request: { role: "app" },
    provider: { ...provider, part: { ...provider.part, check: async (_ctx, request) => seen({ request }) } },
    sinks: sinks.map((sink) => ({
      ...sink,
      part: {
        ...sink.part,
        check: async ({ samples }: SinkContext) => seen({ values: samples && revealValues(samples) }),
      },
    })),
  };
}

test("before a mint the provider is told what will be asked of it, and each sink what it will get", async () => {
  const checked: Checked[] = [];
  const scene = createScene((rotation) => noting(rotation, (one) => checked.push(one)));
  await scene.run();
  expect(checked).toContainEqual({ request: { role: "app" } });
  expect(checked).toContainEqual({ values: { key: expect.stringMatching(/^sample$/) } });
});
