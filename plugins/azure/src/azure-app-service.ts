import {
  defineEndpoint,
  type EndpointAnswer,
  type EndpointContext,
  type EndpointCredential,
  type EndpointRequest,
  type Infer,
  isRotateError,
  type ObjectSchema,
} from "@rotate/plugin-kit";

const options = {
  type: "object",
  properties: {
    resource: {
      type: "string",
      minLength: 1,
      description: "What the tokens are for; a client that asks for another resource is refused.",
      examples: ["https://vault.azure.net"],
    },
    clientId: { type: "string", minLength: 1, description: "The user-assigned identity that clients may name." },
    header: { type: "string", secret: true, description: "What clients show as X-IDENTITY-HEADER, `IDENTITY_HEADER`." },
  },
  required: ["resource", "header"],
} as const satisfies ObjectSchema;
type Ctx = EndpointContext<Infer<typeof options>>;

const path = "/msi/token";
const version = "2019-08-01";

/** The managed identity of Azure App Service. https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference */
export const azureAppService = defineEndpoint({
  type: "azure-app-service",
  options,
  needs: () => ["token"],
  clientWindow: 5 * 60_000,
  authenticates: () => true,
  faults: (_, at) => ("socket" in at ? ["Azure's clients ask by HTTP on a port: give it `port`"] : []),
  environment: (_, at): Readonly<Record<string, string>> =>
    "port" in at ? { IDENTITY_ENDPOINT: `http://${at.host}:${at.port}${path}` } : {},

  async open(ctx) {
    await ctx.resolve(ctx.options.header);
    await ctx.listen((request) => answer(request, ctx));
    return {};
  },
});

async function answer(request: EndpointRequest, ctx: Ctx): Promise<EndpointAnswer> {
  const { resource, clientId, header } = ctx.options;
  const { query } = request;
  if (!request.shows("x-identity-header", await ctx.resolve(header)))
    return refuse(401, "wrong-header", "X-IDENTITY-HEADER is not the text of IDENTITY_HEADER");
  if (request.method !== "GET" || request.path !== path || query.get("api-version") !== version)
    return refuse(400, "other-version", `ask GET ${path}?api-version=${version}`);
  if (bare(query.get("resource") ?? "") !== bare(resource))
    return refuse(400, "other-resource", `this endpoint gives tokens for ${resource}`);
  const asked = query.get("client_id") ?? query.get("principal_id") ?? query.get("mi_res_id");
  if (asked !== null && asked !== clientId) return refuse(400, "other-identity", "there is no such identity here");
  try {
    return { status: 200, json: documentOf(await ctx.current(), ctx) };
  } catch (error) {
    if (!isRotateError(error)) throw error;
    return { ...refuse(503, "unavailable", `rotate: ${error.message}`), headers: { "retry-after": "1" } };
  }
}

/** Clients write it with and without a slash at its end. */
function bare(resource: string): string {
  return resource.replace(/\/$/, "");
}

function documentOf({ fields, expiresAt }: EndpointCredential, { options: { resource, clientId }, now }: Ctx) {
  const end = expiresAt === "never" ? now() + 86_400_000 : expiresAt.getTime();
  return {
    access_token: fields["token"],
    expires_on: String(Math.floor(end / 1_000)),
    resource,
    token_type: "Bearer",
    ...(clientId !== undefined && { client_id: clientId }),
  };
}

function refuse(statusCode: number, refusal: string, message: string): EndpointAnswer {
  return { status: statusCode, json: { statusCode, message }, refusal };
}
