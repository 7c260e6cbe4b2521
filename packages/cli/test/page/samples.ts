/** Rotations of every kind, as there may be in a spec of this size. */
import type { DaemonStatus, DetailReport, PhaseName, PhaseReport, RotationStatus, StandingState } from "@rotate/core";
import { failingOf, statusOf } from "../views/support.ts";

const minute = 60_000;

/** One that was issued and ends so many minutes from now. */
function timed(name: string, { from, to, now }: { from: number; to: number; now: number }): RotationStatus {
  const at = (minutes: number): string => new Date(now + minutes * minute).toISOString();
  const life = to - from;
  const span = { issuedAt: at(from), expiresAt: at(to) };
  return statusOf(name, {
    expiresAt: span.expiresAt,
    credential: { fingerprint: "20c4dabe4221", ...span },
    held: span,
    refreshAt: at(from + life * 0.66),
    deadline: at(from + life * 0.9),
    nextAt: at(from + life * 0.66),
    lastSuccess: span.issuedAt,
  });
}

function sealed(name: string, state: StandingState, ends: number, now: number): RotationStatus {
  const row = timed(name, { from: ends - 60, to: ends, now });
  const exit = state === "failing" ? 1 : 3;
  const failing = failingOf(name);
  const lastError = { ...failing.lastError!, at: new Date(now - 51_000).toISOString() };
  const failingSince = new Date(now - 50 * minute).toISOString();
  return {
    ...row,
    state,
    code: state === "expired" ? "ended" : state === "failing" ? "failing" : "margin",
    exit,
    alarm: "failed",
    reason: lastError.message,
    lastError,
    failures: 31,
    failingSince,
    nextAt: new Date(now + 41_000).toISOString(),
  };
}

/** Twelve, one of each kind. @param now ms since 1970 */
export function twelve(now: number): readonly RotationStatus[] {
  const fresh = (name: string, provider: string): RotationStatus => ({
    ...timed(name, { from: -12, to: 48, now }),
    provider,
    kind: provider,
  });
  const { credential: _, held: __, expiresAt: ___, lastSuccess: ____, ...unminted } = fresh("old-new", "gcp");
  const { nextAt: _____, refreshAt: ______, ...ejected } = fresh("php-db", "vault");
  const drift = [{ sink: "dotenv", target: ".env", key: "GF_AUTH_CLIENT_SECRET", kind: "changed" as const }];
  return [
    sealed("billing-db", "expired", -14, now),
    sealed("search-db", "expiring", 3, now),
    {
      ...timed("backstage", { from: -41, to: 19, now }),
      provider: "lakebase",
      kind: "databricks-postgres",
      state: "reload-owed",
      code: "owed",
      exit: 4,
      owed: "reload",
      reason: "http://127.0.0.1:7007/healthcheck did not answer 200 within 60s",
      held: {
        issuedAt: new Date(now - 41 * minute).toISOString(),
        expiresAt: new Date(now + 19 * minute).toISOString(),
        previous: true,
      },
      leases: [
        {
          id: "7f21",
          state: "superseded",
          expiresAt: new Date(now + 19 * minute).toISOString(),
          heldBy: ["consumers"],
        },
      ],
    },
    {
      ...fresh("grafana-sso", "entra"),
      state: "drift",
      code: "changed",
      exit: 1,
      drift,
      reason:
        ".env: GF_AUTH_CLIENT_SECRET is not what was written; `rotate run grafana-sso --force` writes it again, `rotate eject grafana-sso --keep` leaves it to you",
    },
    {
      ...fresh("old-ci-token", "github"),
      state: "orphaned",
      code: "orphaned",
      exit: 1,
      reason: "not in the spec any more: put it back, name it with `renamedFrom`, or `rotate forget` it",
    },
    {
      ...fresh("from-web-0", "aws"),
      state: "foreign",
      code: "foreign",
      exit: 1,
      reason: "the state came from another machine",
    },
    {
      ...fresh("nightly", "aws"),
      state: "at-risk",
      code: "too-slow",
      exit: 1,
      reason: "runs come every 1h 10m, it lives 1h: it ends between two runs",
    },
    { ...unminted, name: "brand-new", state: "never", code: "never", exit: 1 },
    {
      ...fresh("kube-deployer", "kubernetes"),
      state: "due",
      code: "due",
      rotating: { since: new Date(now - 4_000).toISOString(), phase: "verify", tries: 1 },
    },
    { ...ejected, state: "ejected", code: "ejected" },
    fresh("api-token", "local"),
    { ...fresh("reports-s3-with-a-name-that-is-as-long-as-a-name-may-be-0123456", "aws"), group: "reports" },
  ];
}

/** Of a fleet: one of another machine, one whose machine is not heard of, one whose label nobody serves, one that is pinned, one that a command works with, where consumers ask. @param now ms since 1970 */
export function fleet(now: number): { readonly rows: readonly RotationStatus[]; readonly more: Partial<DaemonStatus> } {
  const at = (minutes: number): string => new Date(now + minutes * minute).toISOString();
  const { nextAt: _, ...lost } = timed("edge-db@web-3", { from: -31, to: 29, now });
  const { nextAt: __, ...unserved } = timed("mail-db", { from: -12, to: 48, now });
  // As the engine tells of a lease that a command works with: no sink holds it, and nobody revokes it before it is given back.
  const lent = [{ id: "b202", state: "expires only" as const, expiresAt: at(19), heldBy: [] }];
  const rows: readonly RotationStatus[] = [
    {
      ...lost,
      host: "web-3",
      state: "failing",
      code: "gone",
      exit: 1,
      alarm: "cannot-serve",
      reason: `its machine web-3 was last heard of at ${at(-31)}`,
    },
    {
      ...unserved,
      state: "failing",
      code: "unserved",
      exit: 1,
      alarm: "cannot-serve",
      reason: "no machine serves the label mail: start `rotate watch --label mail` on one",
    },
    { ...timed("app-db@web-2", { from: -12, to: 48, now }), host: "web-2" },
    { ...timed("mail-relay", { from: -12, to: 48, now }), host: "web-2" },
    { ...timed("reports", { from: -12, to: 48, now }), leases: lent },
  ];
  const seen = { version: "1.4.0", watches: true, alive: true, seenAt: at(0) };
  const hosts = [
    { ...seen, name: "web-1", labels: ["eu"] },
    { ...seen, name: "web-2", labels: [], cannotServe: "its spec is another one than the published" },
    { ...seen, name: "web-3", labels: ["edge"], alive: false, seenAt: at(-31) },
  ];
  const serve = [
    {
      name: "app",
      type: "postgres",
      rotations: ["reports"],
      address: "/run/rotate/app/.s.PGSQL.5432",
      state: "listening" as const,
      sessions: [{ lease: "b202", count: 3 }],
      refusals: [{ reason: "no credential", count: 2 }],
    },
  ];
  return { rows, more: { hosts, serve } };
}

/** So many tenants, most of them behind a Vault that is sealed. @param now ms since 1970 */
export function tenants(count: number, now: number): readonly RotationStatus[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `tenant-db.${["acme", "birch", "cedar", "delta", "onyx"][at % 5]}-${String(at).padStart(4, "0")}`;
    if (at % 97 === 0) return sealed(name, "expired", -1 - (at % 14), now);
    if (at % 23 === 0) return sealed(name, "expiring", 2 + (at % 4), now);
    if (at % 3 === 0) return sealed(name, "failing", 15 + (at % 30), now);
    return timed(name, { from: -(at % 40), to: 60 - (at % 40), now });
  });
}

function phase(name: PhaseName, durationMs: number): PhaseReport {
  return { phase: name, result: "succeeded", durationMs };
}

/** One of them in detail, with failures in a row after a success. */
export function detailOf(rotation: RotationStatus, now: number): DetailReport {
  const at = (minutes: number): string => new Date(now + minutes * minute).toISOString();
  const good = [
    phase("preflight", 90),
    phase("mint", 640),
    phase("verify", 310),
    phase("commit", 8),
    phase("reload", 820),
    phase("settle", 12),
  ];
  const { lastError } = rotation;
  const failed = lastError && [
    phase("preflight", 90),
    { phase: "mint", result: "failed", durationMs: 780, error: lastError } as const,
    { phase: "verify", result: "not-run", durationMs: 0 } as const,
  ];
  const row = { rotation: rotation.name, credential: rotation.credential! };
  return {
    version: 1,
    at: at(0),
    rotation: {
      ...rotation,
      request: { role: "billing", ttl: "1h" },
      sinks: [
        { type: "dotenv", target: "/srv/app/.env", keys: ["DATABASE_URL", "DB_PASSWORD"], result: "written" },
        { type: "json", target: "/srv/app/config/db.json", keys: ["/db/password"], result: "written" },
      ],
      reloads: [{ type: "systemd", target: "restart backstage.service", owed: rotation.owed === "reload" }],
      verify: [],
      health: [{ type: "http", target: "http://127.0.0.1:7007/healthcheck within 60s" }],
    },
    causes: [],
    attempts: [
      ...Array.from({ length: failed ? 31 : 0 }, (_, index) => ({
        rotation: rotation.name,
        id: `f${index}`,
        startedAt: at(-index),
        durationMs: 870,
        why: "its time has come",
        outcome: "failed" as const,
        reason: "",
        phases: failed!,
      })),
      ...Array.from({ length: 14 }, (_, index) => ({
        ...row,
        id: `g${index}`,
        startedAt: at(-60 - index * 40),
        durationMs: 1_880,
        why: "its time has come",
        outcome: "rotated" as const,
        reason: "",
        phases: good,
      })),
    ],
    events: [{ rotation: rotation.name, at: at(-20), type: "lease-revoked", message: "lease 7f21 was revoked" }],
  };
}
