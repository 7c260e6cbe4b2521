import type { Api } from "../api/api.ts";
import { writeRefusals } from "../api/refusal.ts";
import { readSecret, secretPath } from "./live.ts";
import { nameOf, type SecretContext } from "./options.ts";

/** The API server gives up on a write after 34 s (apiserver endpoints/handlers): by then one that is on its way has landed or never will. Milliseconds. */
const serverLimit = 35_000;

/** Gives the Secret a new resourceVersion, so that a write that was made for the old one is refused. One that is absent has none: there the server's own limit is waited for. */
export async function fenceSecret(api: Api, ctx: SecretContext): Promise<void> {
  const live = await readSecret(api, ctx);
  if (live === undefined) return ctx.sleep(serverLimit);
  const { uid, resourceVersion } = live;
  await api.call({
    method: "PATCH",
    path: secretPath(ctx),
    query: { fieldManager: ctx.options.fieldManager },
    contentType: "application/merge-patch+json",
    json: { metadata: { uid, annotations: { "rotate.dev/fence": resourceVersion } } },
    metadataOnly: true,
    refusals: writeRefusals,
    what: `fence ${nameOf(ctx)}`,
  });
}
