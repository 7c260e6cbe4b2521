import { policies, type RotationStatus } from "@rotate/core";
import { describe, expect, test } from "vitest";
import { createDaemonScene, failingOf, get, happened, statusOf } from "./support.ts";

function seriesOf(text: string, start: string): readonly string[] {
  return text.split("\n").filter((line) => line.startsWith(start));
}

/** One of each standing that there is. */
const everyStanding: readonly RotationStatus[] = policies.map(({ state, code, exit }, at) =>
  statusOf(`r${at}`, { state, code, exit: typeof exit === "number" ? exit : 1 }),
);

describe("the views of how things stand", () => {
  test.each(everyStanding)("agree of $state ($code), exit $exit", async (one) => {
    const scene = createDaemonScene();
    scene.show(one);
    const url = await scene.listen();
    const [ready, all, metrics, list] = await Promise.all(
      [`/readyz/${one.name}`, "/readyz", "/metrics", "/api/v1/rotations"].map((path) => get(url + path)),
    );
    const labels = `{rotation="${one.name}",provider="vault"`;
    expect(list?.json()).toMatchObject({ rotations: [{ state: one.state, code: one.code, exit: one.exit }] });
    expect(ready?.json()).toMatchObject({ state: one.state, code: one.code });
    expect([ready?.status, all?.status]).toEqual(one.exit === 3 ? [503, 503] : [200, 200]);
    expect(seriesOf(metrics!.text, `rotate_credential_ready_status${labels}}`)[0]).toMatch(
      one.exit === 0 ? / 1$/ : / 0$/,
    );
    expect(seriesOf(metrics!.text, "rotate_credential_state").filter((line) => line.endsWith(" 1"))).toEqual([
      `rotate_credential_state${labels},state="${one.state}"} 1`,
    ]);
  });

  test("a rotation that has minted nothing is not ready, and one that nobody knows is not found", async () => {
    const scene = createDaemonScene();
    const { credential: _, ...never } = statusOf("db", { state: "never", code: "never", exit: 1 });
    scene.show(never);
    const url = await scene.listen();
    expect((await get(`${url}/readyz/db`)).status).toBe(503);
    expect((await get(`${url}/readyz/other`)).status).toBe(404);
  });

  test("it is alive until its loop has not come round for two minutes, and ready once it has", async () => {
    const scene = createDaemonScene();
    scene.set({ lookedAt: undefined });
    const url = await scene.listen();
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, text: expect.stringContaining("starting") });
    expect((await get(`${url}/livez`)).status).toBe(200);
    scene.set({ lookedAt: scene.runtime.monotonic() });
    scene.emit(happened);
    expect((await get(`${url}/readyz`)).status).toBe(200);
    await scene.clock.advance(121_000);
    expect(await get(`${url}/livez`)).toMatchObject({ status: 503, text: expect.stringContaining("hanging") });
  });

  test("the list is narrowed by state, cause and name", async () => {
    const scene = createDaemonScene();
    scene.show(statusOf("db-a"), failingOf("db-b"), failingOf("mq", { provider: "aws" }));
    const url = await scene.listen();
    const names = async (query: string): Promise<readonly string[]> => {
      const { rotations } = (await get(`${url}/api/v1/rotations?${query}`)).json() as unknown as {
        readonly rotations: readonly { readonly name: string }[];
      };
      return rotations.map(({ name }) => name);
    };
    expect(await names("state=failing")).toEqual(["db-b", "mq"]);
    expect(await names("cause=ROTATE_MINT_UNAVAILABLE/aws")).toEqual(["mq"]);
    expect(await names("name=db-*&state=fresh")).toEqual(["db-a"]);
    expect(await names("name=nothing")).toEqual([]);
  });

  test("for kubelets there are three answers without names, and nothing else", async () => {
    const scene = createDaemonScene();
    scene.show(failingOf("customer-acme", { exit: 3, state: "expired", code: "ended" }));
    const url = await scene.listen({ listen: undefined, listenHealth: { host: "127.0.0.1", port: 0 } });
    expect(await get(`${url}/readyz`)).toMatchObject({ status: 503, text: '{"state":"not ready"}' });
    expect(await get(`${url}/livez`)).toMatchObject({ status: 200, text: '{"state":"alive"}' });
    expect(await get(`${url}/startupz`)).toMatchObject({ status: 503, text: '{"state":"waiting","waiting":1}' });
    scene.show(statusOf("customer-acme"));
    scene.emit(happened);
    expect(await get(`${url}/startupz`)).toMatchObject({ status: 200, text: '{"state":"started"}' });
    for (const path of ["/", "/metrics", "/api/v1/rotations", "/readyz/customer-acme", "/api/v1/events"])
      expect((await get(url + path)).status).toBe(404);
  });
});

describe("the counters", () => {
  test("begin at zero, outlive a reload of the spec, and leave with their rotation", async () => {
    const scene = createDaemonScene();
    scene.show(statusOf("a"), statusOf("b"));
    const url = await scene.listen();
    const series = async (name: string): Promise<readonly string[]> =>
      seriesOf((await get(`${url}/metrics`)).text, `rotate_rotations_total{rotation="${name}"`);
    expect(await series("a")).toContain('rotate_rotations_total{rotation="a",provider="vault",outcome="failed"} 0');
    const error = { code: "ROTATE_MINT_DENIED", message: "no", retryable: false };
    const phases = [{ phase: "mint", result: "failed", durationMs: 5, error }] as const;
    const { name, provider, expiresAt: _, ...rest } = failingOf("a");
    const report = { name, provider, outcome: "failed", reason: "no", standing: rest, phases, sinks: [] } as const;
    scene.emit({ type: "rotation-finished", rotation: "a", report });
    scene.show(statusOf("a"));
    scene.emit(happened);
    expect(await series("a")).toContain('rotate_rotations_total{rotation="a",provider="vault",outcome="failed"} 1');
    expect(await series("b")).toEqual([]);
    const failed =
      'rotate_rotations_failed_total{rotation="a",provider="vault",step="mint",code="ROTATE_MINT_DENIED"} 1';
    expect((await get(`${url}/metrics`)).text).toContain(failed);
    scene.show(statusOf("c"));
    scene.emit(happened);
    expect((await get(`${url}/metrics`)).text).not.toContain('"a"');
  });
});
