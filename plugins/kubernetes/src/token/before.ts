import { meanings, RotateError, type ClusterRight } from "@rotate/plugin-kit";
import { requireRights } from "../api/access.ts";
import type { Api, ApiRequest } from "../api/api.ts";
import type { Request, TokenContext } from "./options.ts";

/** Throws what a mint would meet: a right that is missing, and, where we may look, an account or a bound object that is not there. */
export async function checkMintable(api: Api, asked: Request, ctx: TokenContext): Promise<void> {
  const { namespace, serviceAccount: name, boundObject } = asked;
  await requireRights(api, tokenRights(asked), ctx);
  const account = `service account ${namespace}/${name}`;
  await look(api, { path: inNamespace(namespace, "serviceaccounts", name), what: `look at ${account}` }, ctx);
  if (boundObject !== undefined) await checkBound(api, { namespace, boundObject }, ctx);
}

/** What a mint needs: looking at the account is done where it may be, and never needed. */
export function tokenRights({ namespace, serviceAccount: name }: Request): readonly ClusterRight[] {
  return [{ verb: "create", resource: "serviceaccounts", subresource: "token", namespace, name }];
}

type Bound = NonNullable<Request["boundObject"]>;

async function checkBound(
  api: Api,
  { namespace, boundObject: { kind, name, uid } }: { readonly namespace: string; readonly boundObject: Bound },
  ctx: TokenContext,
): Promise<void> {
  const resource = `${kind.toLowerCase()}s`;
  const path = kind === "Node" ? ["api", "v1", resource, name] : inNamespace(namespace, resource, name);
  const found = await look(api, { path, what: `look at the bound object ${kind} ${name}` }, ctx);
  if (uid === undefined || found === undefined || found === uid) return;
  throw new RotateError(`${kind} ${name} has another uid than boundObject.uid`, {
    ...meanings.conflict,
    hint: "it was deleted and made anew: correct boundObject.uid, or leave it out",
  });
}

function inNamespace(namespace: string, resource: string, name: string): readonly string[] {
  return ["api", "v1", "namespaces", namespace, resource, name];
}

const metadataSchema = {
  type: "object",
  properties: { metadata: { type: "object", properties: { uid: { type: "string" } }, required: ["uid"] } },
  required: ["metadata"],
} as const;

/** The uid of an object; undefined where we may not look: the right to mint is not the right to see. */
async function look(
  api: Api,
  request: Pick<ApiRequest, "path" | "what">,
  { log }: TokenContext,
): Promise<string | undefined> {
  const answer = await api.send({ ...request, metadataOnly: true });
  if (answer.ok) return answer.json(metadataSchema).metadata.uid;
  if (answer.status !== 403) throw api.refusal(answer, request);
  log.debug("may not look whether it is there", { path: request.path.join("/") });
  return undefined;
}
