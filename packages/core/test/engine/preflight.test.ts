import type { SinkContext } from "@rotate/plugin-kit";
import { revealValues } from "@rotate/testkit";
import { expect, test } from "vitest";
import { sampleValues } from "../../src/rotation/sample.ts";
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
        check: async ({ sample }: SinkContext) => seen({ values: sample && revealValues(sample) }),
      },
    })),
  };
}

test("before a mint the provider is told what will be asked of it, and each sink what it will get", async () => {
  const checked: Checked[] = [];
  const scene = createScene((rotation) => noting(rotation, (one) => checked.push(one)));
  await scene.run();
  expect(checked).toContainEqual({ request: { role: "app" } });
  expect(checked).toContainEqual({ values: { key: expect.stringMatching(/^[a-z]{40,}$/) } });
});

function render(): string {
  throw new Error("no JSON");
}

test("a template that a made-up field breaks is left to the real one", () => {
  const declared = { token: { secret: true, description: "the value" } };
  expect(sampleValues({ values: { key: { source: "", fields: ["token"], render } } }, declared)).toBeUndefined();
});

test("a field of several lines is tried with several lines", () => {
  const declared = { pem: { secret: true, description: "a key", multiline: true } } as const;
  const template = {
    source: "{{ pem }}",
    fields: ["pem"],
    render: ({ fields }: { readonly fields: Readonly<Record<string, string>> }) => fields["pem"] ?? "",
  };
  const sample = sampleValues({ values: { key: template } }, declared);
  expect(revealValues(sample ?? {})["key"]).toMatch(/^-----BEGIN [^-]+-----\n.+\n-----END/);
});
