import { createGcpDouble, type GcpDouble } from "@rotate/doubles";
import { sinkContract, type SinkStage } from "@rotate/testkit";
import { describe, test } from "vitest";
import { type Mode, optionsFor, readerSees, secretSink, theirs } from "./support.ts";

interface CloudStage extends SinkStage {
  readonly gcp: GcpDouble;
}

const modes: readonly Mode[] = ["latest", "alias"];
const cases = modes.flatMap((mode) => [
  { name: "on nothing", mode, before: undefined, lag: 0 },
  {
    name: "beside members of others, while readers lag",
    mode,
    before: '{ "user": "app", "url": "https://x" }',
    lag: 3_600_000,
  },
]);

describe.each(cases)("by $mode, $name", ({ mode, before, lag }) => {
  async function start(): Promise<CloudStage> {
    const gcp = await createGcpDouble();
    if (before !== undefined) theirs(gcp, mode, before);
    gcp.lagBy(lag);
    const values = [
      { password: "first-pässword", port: "port-1" },
      { password: "second-password", port: "port-2" },
    ] as const;
    const options = { ...optionsFor(gcp, mode), create: true };
    return { gcp, options, env: gcp.env, values, close: gcp.close };
  }
  sinkContract<CloudStage>(
    { describe, test },
    {
      sink: secretSink,
      start,
      snapshot: ({ gcp }) => readerSees(gcp, mode),
      readBack({ gcp }) {
        const { password, port } = JSON.parse(readerSees(gcp, mode) ?? "{}") as Record<string, string>;
        return { ...(password !== undefined && { password }), ...(port !== undefined && { port }) };
      },
      meddle: ({ gcp }) => theirs(gcp, mode, '{"password":"theirs-1","port":"theirs-2"}'),
      refuse({ gcp }) {
        for (const right of ["versions.access", "secrets.get"]) gcp.setRight(`secretmanager.${right}`, false);
      },
      hang: ({ gcp }) => gcp.faults.always("*", "hang"),
    },
  );
});
