/** What traces need of OpenTelemetry: named one by one, so that the rest stays out of the bundle. */
export { ROOT_CONTEXT, SpanStatusCode, trace } from "@opentelemetry/api";
export { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
export { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
export { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
