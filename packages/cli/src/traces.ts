/** OpenTelemetry traces: a span for each rotation, and one below it for each of its phases. Nothing is loaded where nobody asks for them. */
import type { Span } from "@opentelemetry/api";
import type { EngineEvent, Events, Runtime } from "@rotate/core";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Do the standard variables ask for traces? (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables: an endpoint, unless the exporter is another
 * one or none, or the SDK is disabled.)
 */
function wantsTraces(env: Env): boolean {
  const { OTEL_SDK_DISABLED: disabled, OTEL_TRACES_EXPORTER: exporter } = env;
  const endpoint = env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? env["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (disabled?.toLowerCase() === "true" || !endpoint) return false;
  return exporter === undefined || exporter === "" || exporter.split(",").includes("otlp");
}

/** The one protocol of OTLP that is spoken here; collectors take it at the port of HTTP, 4318. */
const ours = "http/json";

/** So long the end of the process waits for what was not sent yet. ms */
const lastWords = 5_000;

/**
 * Sends spans by OTLP over HTTP, as JSON, to where the variables say; gives what ends it. What cannot be sent is lost: no rotation waits for it. Where, with which
 * headers and how long it may take are the variables' (`OTEL_EXPORTER_OTLP_*`), as are the resource's attributes.
 */
async function startTraces(
  events: Pick<Events, "on">,
  { now, version }: Pick<Runtime, "now"> & { readonly version: string | undefined },
): Promise<() => Promise<void>> {
  const telemetry = await import("./telemetry.ts");
  const { BatchSpanProcessor, detectResources, envDetector, OTLPTraceExporter, resourceFromAttributes } = telemetry;
  const { ROOT_CONTEXT, SpanStatusCode, trace, TracerProvider } = telemetry;
  const told = detectResources({ detectors: [envDetector] });
  const own = { "service.name": "rotate", ...(version !== undefined && { "service.version": version }) };
  const exporter = new OTLPTraceExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(own).merge(told),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: lastWords })],
  });
  const tracer = provider.getTracer("rotate", version);
  const open = new Map<string, Span>();

  function endOf(rotation: string, attributes: Readonly<Record<string, string>>, failed: boolean): void {
    const span = open.get(rotation);
    if (span === undefined) return;
    span.setAttributes(attributes);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(now());
    open.delete(rotation);
  }

  function phase({ rotation, phase: { phase: name, result, durationMs, error } }: Of<"phase-finished">): void {
    const parent = open.get(rotation);
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
    const attributes = {
      "rotate.rotation": rotation,
      "rotate.phase": name,
      "rotate.result": result,
      ...(error && { "error.type": error.code }),
    };
    const end = now();
    const span = tracer.startSpan(name, { startTime: end - durationMs, attributes }, context);
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    span.end(end);
  }

  const stopListening = events.on((event) => {
    if (event.type === "rotation-started" && !open.has(event.rotation)) {
      const attributes = { "rotate.rotation": event.rotation, "rotate.why": event.why };
      open.set(event.rotation, tracer.startSpan("rotation", { startTime: now(), attributes }, ROOT_CONTEXT));
    }
    if (event.type === "phase-finished" && event.phase.result !== "not-run" && event.phase.result !== "skipped")
      phase(event);
    if (event.type !== "rotation-finished") return;
    const { outcome, provider: issuer, phases } = event.report;
    const failed = phases.some(({ result }) => result === "failed");
    endOf(event.rotation, { "rotate.outcome": outcome, "rotate.provider": issuer }, failed);
  });

  return async () => {
    stopListening();
    for (const rotation of open.keys()) endOf(rotation, {}, true);
    await Promise.race([provider.shutdown().catch(() => undefined), timeout(lastWords)]);
  };
}

type Of<Type> = Extract<EngineEvent, { readonly type: Type }>;

function timeout(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds).unref());
}

/** The same where they are asked for. Gives what ends it. */
export async function tracesOf(
  events: Pick<Events, "on"> | undefined,
  about: Pick<Runtime, "now" | "env" | "log"> & { readonly version?: string | undefined },
): Promise<() => Promise<void>> {
  const { env, log } = about;
  if (events === undefined || !wantsTraces(env)) return async () => undefined;
  const protocol = env["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? env["OTEL_EXPORTER_OTLP_PROTOCOL"];
  if (protocol !== undefined && protocol !== "" && protocol !== ours)
    log.warn(`traces are sent as ${ours}, not as OTEL_EXPORTER_OTLP_PROTOCOL says`, { protocol });
  return startTraces(events, { now: about.now, version: about.version });
}
