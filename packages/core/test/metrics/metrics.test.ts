import { describe, expect, test } from "vitest";
import { endpointMetrics, metricsOf, metricStates } from "../../src/metrics/families.ts";
import { metricsText } from "../../src/metrics/text.ts";
import type { RotationStatus } from "../../src/report.ts";

function statusOf(name: string, more: Partial<RotationStatus> = {}): RotationStatus {
  return {
    name,
    provider: "vault",
    state: "fresh",
    code: "fresh",
    exit: 0,
    expiresAt: "2026-01-01T01:00:00.000Z",
    leases: [],
    warnings: [],
    ...more,
  };
}

function valueOf(text: string, series: string): string | undefined {
  return text
    .split("\n")
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);
}

describe("the metrics", () => {
  test("tell until when a rotation works, and keep the past end of one that has expired", () => {
    const text = metricsText(metricsOf([statusOf("db", { state: "expired", code: "ended", exit: 3 })]));
    expect(valueOf(text, 'rotate_credential_expiration_timestamp_seconds{rotation="db",provider="vault"}')).toBe(
      "1767229200",
    );
    expect(valueOf(text, 'rotate_credential_ready_status{rotation="db",provider="vault"}')).toBe("0");
  });

  test("tell of each endpoint whether it listens, how many sessions it has and who was turned away", () => {
    const one = { name: "app-db", type: "postgres", rotations: ["db"], address: "/run/s", state: "listening" } as const;
    const sessions = [
      { lease: "l1", count: 2 },
      { lease: "l2", count: 5 },
    ];
    const text = metricsText(endpointMetrics([{ ...one, sessions, refusals: [{ reason: "other-user", count: 3 }] }]));
    const labels = 'endpoint="app-db",type="postgres"';
    expect(valueOf(text, `rotate_endpoint_up{${labels}}`)).toBe("1");
    expect(valueOf(text, `rotate_endpoint_sessions{${labels}}`)).toBe("7");
    expect(valueOf(text, `rotate_endpoint_refusals_total{${labels},reason="other-user"}`)).toBe("3");
    expect(endpointMetrics()).toEqual([]);
  });

  test("have each state of each rotation, one of them 1", () => {
    const family = metricsOf([statusOf("db", { state: "drift" })]).find(
      ({ name }) => name === "rotate_credential_state",
    );
    expect(family?.samples).toHaveLength(metricStates.length);
    expect(family?.samples.filter(({ value }) => value === 1)).toEqual([
      { labels: { rotation: "db", provider: "vault", state: "drift" }, value: 1 },
    ]);
  });

  test("count states by provider where there are very many rotations", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => statusOf(`db-${index}`));
    const family = metricsOf(many).find(({ name }) => name === "rotate_credential_state");
    expect(family?.samples).toHaveLength(metricStates.length);
    expect(family?.samples).toContainEqual({ labels: { provider: "vault", state: "fresh" }, value: 1_001 });
  });

  test("tell nothing of what is not known", () => {
    const { expiresAt: _, ...endless } = statusOf("db");
    const names = metricsOf([endless]).map(({ name }) => name);
    expect(names).not.toContain("rotate_credential_expiration_timestamp_seconds");
    expect(names).not.toContain("rotate_spec_valid");
    expect(names).toContain("rotate_reload_pending");
  });

  test("are text that quotes and line feeds in a label cannot break", () => {
    const text = metricsText(
      metricsOf([statusOf("db", { provider: 'a"b\\c\nd' })], { version: "1", specValid: false }),
    );
    expect(text).toContain('rotate_reload_pending{rotation="db",provider="a\\"b\\\\c\\nd"} 0\n');
    expect(text).toContain("# TYPE rotate_spec_valid gauge\nrotate_spec_valid 0\n");
    expect(text.endsWith('rotate_build_info{version="1"} 1\n')).toBe(true);
  });
});
