import {
  endpointMetrics,
  clockFacts,
  metricsOf,
  metricsText,
  selectByName,
  type DaemonView,
  type RotationStatus,
} from "@rotate/core";
import { fail, json } from "./answer.ts";
import type { Counters } from "./counters.ts";
import type { Outlook, Overview } from "./overview.ts";
import type { Route } from "./routes.ts";
import type { Streams } from "./streams.ts";

/** What the API reads. */
export interface ApiParts {
  readonly daemon: DaemonView;
  readonly outlook: Outlook;
}

/** The list, one rotation, and what happens, as JSON. */
export function apiRoutes(parts: ApiParts & { readonly streams: Streams }): readonly Route[] {
  const { daemon, outlook, streams } = parts;
  return [
    {
      path: "/api/v1/rotations",
      answer: async ({ query }) => {
        const overview = await outlook.read();
        const rotations = filtered(overview, query);
        const isWhole = rotations.length === overview.rotations.length;
        const body = isWhole ? outlook.bytes(overview) : outlook.text({ ...overview, rotations });
        return json({}, { body, isMasked: true, etag: `W/"${overview.seq}"` });
      },
    },
    {
      path: "/api/v1/rotations/:name",
      answer: async ({ params: { name = "" }, query }) => {
        const before = query.get("before");
        const asked = { byDaemon: true, ...(before !== null && { before }) };
        const detail = await daemon.ask((engine) => engine.detail(name, asked));
        return detail === undefined ? fail(404, `no rotation is named ${name}`) : json(detail);
      },
    },
    {
      path: "/api/v1/events",
      answer: ({ request, response, query }) => {
        const known = request.headers["last-event-id"] ?? query.get("last") ?? undefined;
        return streams.open(request, response, Array.isArray(known) ? known[0] : known);
      },
    },
  ];
}

/** `?state=…&cause=…&name=GLOB` */
function filtered({ rotations }: Overview, query: URLSearchParams): readonly RotationStatus[] {
  const [state, cause, name] = [query.get("state"), query.get("cause"), query.get("name")];
  const chosen = rotations.filter((one) => (state ?? one.state) === one.state && (cause ?? one.cause) === one.cause);
  if (name === null) return chosen;
  try {
    return selectByName(chosen, [name]);
  } catch {
    return []; // a pattern that matches nothing
  }
}

/** `/metrics`, in the text format 0.0.4. */
export function metricsRoute({ daemon, outlook, counters }: ApiParts & { readonly counters: Counters }): Route {
  return {
    path: "/metrics",
    answer: async () => {
      const { rotations, rotate: version, specProblem, serve } = await outlook.read();
      const since = daemon.sinceLook();
      const families = metricsOf(rotations, {
        version,
        specValid: specProblem === undefined,
        ...(since !== undefined && { lastTick: daemon.now() - since }),
        ...clockFacts(daemon.clockSkew()),
      });
      const body = metricsText([...families, ...endpointMetrics(serve)]) + (await counters.text());
      // Numbers, and names of the spec: masking megabytes at each scrape would hold the rotations up.
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body, isMasked: true };
    },
  };
}
