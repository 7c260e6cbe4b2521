/** What rotate measures: names, meanings and labels, in one table for the endpoint and the text file. Pure: a view of reports. Instants in seconds since 1970. */
import type { EndpointReport } from "../endpoint-report.ts";
import type { RotationStatus, StandingState } from "../report.ts";

/** Series of one name. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly MetricSample[];
}

/** One number under one set of labels. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What is known of rotate itself, beside its rotations. What is absent is not told. */
export interface ProcessFacts {
  readonly version?: string;
  /** When the scheduler, or a run, looked last; ms since 1970. */
  readonly lastTick?: number;
  /** Is the spec as it stands now the one that is worked by? */
  readonly specValid?: boolean;
  /** How far the local clock is ahead of the issuers', ms. */
  readonly clockSkew?: number;
}

/** What is known of the clock. @param skew ms; undefined: nothing */
export function clockFacts(skew: number | undefined): Pick<ProcessFacts, "clockSkew"> {
  return skew === undefined ? {} : { clockSkew: skew };
}

/** Above so many rotations states are counted by provider: thirteen series each would be too many. */
const mostInDetail = 1_000;

/** Every state, so that a series is there before its state is. */
const states: Readonly<Record<StandingState, true>> = {
  ejected: true,
  expired: true,
  expiring: true,
  failing: true,
  "reload-owed": true,
  "needs-login": true,
  never: true,
  drift: true,
  foreign: true,
  orphaned: true,
  "at-risk": true,
  due: true,
  fresh: true,
};

/** Every state that a rotation can be counted under. */
export const metricStates = Object.keys(states) as readonly StandingState[];

interface Gauge<Of> {
  readonly name: string;
  readonly help: string;
  /** Undefined: there is no such series. */
  readonly value: (of: Of) => number | undefined;
}

const ofRotations: readonly Gauge<RotationStatus>[] = [
  {
    name: "rotate_credential_expiration_timestamp_seconds",
    help: "Until when everything that may be in use works; in the past once it has expired.",
    value: ({ expiresAt }) => secondsOf(expiresAt),
  },
  {
    name: "rotate_credential_issued_timestamp_seconds",
    help: "When the credential that was published last was issued.",
    value: ({ credential }) => secondsOf(credential?.issuedAt),
  },
  {
    name: "rotate_credential_deadline_timestamp_seconds",
    help: "Until when it has to be replaced.",
    value: ({ deadline }) => secondsOf(deadline),
  },
  {
    name: "rotate_credential_next_rotation_timestamp_seconds",
    help: "When rotate looks at it again.",
    value: ({ nextAt }) => secondsOf(nextAt),
  },
  {
    name: "rotate_last_success_timestamp_seconds",
    help: "When it was rotated or renewed last.",
    value: ({ lastSuccess }) => secondsOf(lastSuccess),
  },
  {
    name: "rotate_credential_ready_status",
    help: "1 unless it needs attention: exit code 1, 3 or 4 of `rotate status --check`.",
    value: ({ exit }) => (exit === 0 ? 1 : 0),
  },
  {
    name: "rotate_reload_pending",
    help: "1 while something is written that its consumer was not shown to use.",
    value: ({ owed }) => (owed === undefined ? 0 : 1),
  },
];

const ofProcess: readonly Gauge<ProcessFacts>[] = [
  {
    name: "rotate_scheduler_last_tick_timestamp_seconds",
    help: "When rotate looked at its rotations last.",
    value: ({ lastTick }) => lastTick && lastTick / 1000,
  },
  {
    name: "rotate_spec_valid",
    help: "1 while the spec as it stands is the one that is worked by.",
    value: ({ specValid }) => (specValid === undefined ? undefined : Number(specValid)),
  },
  {
    name: "rotate_clock_skew_seconds",
    help: "How far the local clock is ahead of the issuers'.",
    value: ({ clockSkew }) => (clockSkew === undefined ? undefined : clockSkew / 1000),
  },
];

/** Everything that can be told of rotations as they stand, the same for whoever asks. */
export function metricsOf(rotations: readonly RotationStatus[], facts: ProcessFacts = {}): readonly MetricFamily[] {
  return [
    ...ofRotations.map((gauge) => familyOf(gauge, rotations, labelsOf)),
    statesOf(rotations),
    ...ofProcess.map((gauge) => familyOf(gauge, [facts], () => ({}))),
    buildInfo(facts),
  ].filter(({ samples }) => samples.length > 0);
}

const ofEndpoints: readonly Gauge<EndpointReport>[] = [
  {
    name: "rotate_endpoint_up",
    help: "1 while an entry of `serve` listens.",
    value: ({ state }) => Number(state === "listening"),
  },
  {
    name: "rotate_endpoint_sessions",
    help: "How many sessions use a credential through it; of endpoints that know their sessions.",
    value: ({ sessions }) => sessions?.reduce((sum, { count }) => sum + count, 0),
  },
];

/** Where consumers ask, in numbers. */
export function endpointMetrics(serve: readonly EndpointReport[] = []): readonly MetricFamily[] {
  const refusals = serve.flatMap((one) =>
    one.refusals.map(({ reason, count }) => ({ labels: { ...endpointLabels(one), reason }, value: count })),
  );
  const counted = {
    name: "rotate_endpoint_refusals_total",
    help: "Who was turned away, by reason.",
    type: "counter" as const,
    samples: refusals,
  };
  return [...ofEndpoints.map((gauge) => familyOf(gauge, serve, endpointLabels)), counted].filter(
    ({ samples }) => samples.length > 0,
  );
}

function endpointLabels({ name, type }: EndpointReport): MetricSample["labels"] {
  return { endpoint: name, type };
}

function familyOf<Of>(
  { name, help, value }: Gauge<Of>,
  all: readonly Of[],
  labels: (of: Of) => MetricSample["labels"],
): MetricFamily {
  const samples = all.flatMap((of) => {
    const told = value(of);
    return told === undefined ? [] : [{ labels: labels(of), value: told }];
  });
  return { name, help, type: "gauge", samples };
}

/** `host`: of what another machine alone rotates. */
function labelsOf({ name, provider, host }: RotationStatus): MetricSample["labels"] {
  return { rotation: name, provider, ...(host !== undefined && { host }) };
}

function statesOf(rotations: readonly RotationStatus[]): MetricFamily {
  const name = "rotate_credential_state";
  if (rotations.length <= mostInDetail) {
    const samples = rotations.flatMap((one) =>
      metricStates.map((state) => ({ labels: { ...labelsOf(one), state }, value: Number(one.state === state) })),
    );
    return { name, help: "1 for the state that it is in, 0 for the others.", type: "gauge", samples };
  }
  const samples = [...Map.groupBy(rotations, ({ provider }) => provider)].flatMap(([provider, group]) =>
    metricStates.map((state) => ({
      labels: { provider, state },
      value: group.filter((one) => one.state === state).length,
    })),
  );
  return { name, help: "How many rotations of a provider are in each state.", type: "gauge", samples };
}

function buildInfo({ version }: ProcessFacts): MetricFamily {
  const samples = version === undefined ? [] : [{ labels: { version }, value: 1 }];
  return { name: "rotate_build_info", help: "Which rotate this is.", type: "gauge", samples };
}

function secondsOf(instant: string | undefined): number | undefined {
  return instant === undefined ? undefined : Date.parse(instant) / 1000;
}
