import {
  defineEndpoint,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointRequest,
  type Infer,
  isRotateError,
  type ObjectSchema,
} from "@rotate/plugin-kit";

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";
const options = {
  type: "object",
  properties: {
    email: { type: "string", minLength: 3, description: "The service account whose tokens these are." },
    project: { type: "string", minLength: 1, description: "The project that clients take as their own." },
    scopes: {
      type: "array",
      items: { type: "string", minLength: 1 },
      minItems: 1,
      default: [cloudPlatform],
      description: "The scopes that the tokens have.",
    },
    universe: { type: "string", default: "googleapis.com", description: "The domain of the APIs." },
  },
  required: ["email", "project"],
} as const satisfies ObjectSchema;
type Options = Infer<typeof options>;
type Ctx = EndpointContext<Options>;

const flavor = { "metadata-flavor": "Google", server: "Metadata Server for VM" };
const root = "/computeMetadata/v1";

/** The metadata service of Google Cloud, as far as clients ask it for tokens. https://cloud.google.com/compute/docs/metadata/querying-metadata */
export const gceMetadata = defineEndpoint({
  type: "gce-metadata",
  options,
  needs: () => ["token"],
  clientWindow: 5 * 60_000,
  faults: (_, at) => ("socket" in at ? ["Google's clients ask by HTTP on a port: give it `port`"] : []),
  // Python's client looks for the service by its address, the others by its name.
  environment: (_, at): Readonly<Record<string, string>> =>
    "port" in at ? { GCE_METADATA_HOST: `${at.host}:${at.port}`, GCE_METADATA_IP: `${at.host}:${at.port}` } : {},

  // https://google.aip.dev/auth/4110: a file of credentials comes before the metadata service.
  shadowedBy: ["GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_AUTH_ACCESS_TOKEN"],

  async open(ctx) {
    await ctx.listen((request) => answer(request, ctx));
    return {};
  },
});

async function answer(request: EndpointRequest, ctx: Ctx): Promise<EndpointAnswer> {
  const path = request.path.replace(/\/$/, "");
  if (request.method !== "GET") return refuse(405, "method");
  // The look whether there is a service at all comes without the header.
  if (path === "") return text("computeMetadata/\n");
  if (request.header("metadata-flavor") !== "Google")
    return refuse(403, "no-flavor", "Missing Metadata-Flavor:Google header.");
  const { project, universe } = ctx.options;
  if (path === `${root}/project/project-id`) return text(project);
  if (path === `${root}/universe/universe-domain` || path === `${root}/universe/universe_domain`) return text(universe);
  if (path === `${root}/instance`) return text("service-accounts/\n");
  return accounts(path, request, ctx);
}

async function accounts(path: string, { query }: EndpointRequest, ctx: Ctx): Promise<EndpointAnswer> {
  const { email, scopes } = ctx.options;
  const base = `${root}/instance/service-accounts`;
  if (path === base) return text(`default/\n${email}/\n`);
  const [, account = "", what = ""] =
    /^\/computeMetadata\/v1\/instance\/service-accounts\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (account !== "default" && account !== email && account !== encodeURIComponent(email))
    return refuse(404, "other-account");
  if (what === "token") return token(ctx);
  if (what === "email") return text(email);
  if (what === "scopes") return text(`${scopes.join("\n")}\n`);
  if (what !== "") return refuse(404, "not-served");
  if (query.get("recursive") !== "true") return text("aliases\nemail\nscopes\ntoken\n");
  return { status: 200, json: { aliases: ["default"], email, scopes }, headers: flavor };
}

async function token(ctx: Ctx): Promise<EndpointAnswer> {
  try {
    const { fields, remaining } = await ctx.current();
    const seconds = Math.floor(Math.min(remaining(), 86_400_000) / 1_000);
    const json = { access_token: fields["token"], expires_in: seconds, token_type: "Bearer" };
    return { status: 200, json, headers: flavor };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return { ...refuse(503, "unavailable", `rotate: ${error.message}`), headers: { ...flavor, "retry-after": "1" } };
  }
}

function text(body: string): EndpointAnswer {
  return { status: 200, text: body, headers: flavor };
}

function refuse(status: number, refusal: string, body = ""): EndpointAnswer {
  return { status, text: body, headers: flavor, refusal };
}
