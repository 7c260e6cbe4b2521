import type { HttpInit, Secret, Text } from "@rotate/plugin-kit";
import type { ClientAuth, OAuthContext } from "./options.ts";

/** What proves the client, to be added to a request of the token or revocation endpoint. */
export interface ClientProof extends Pick<HttpInit, "basic"> {
  readonly form: Readonly<Record<string, Text>>;
}

/** The proof by the method of the spec, with its secret read anew. `endpoint` is the default audience of an assertion. */
export async function proveClient(endpoint: string, ctx: OAuthContext): Promise<ClientProof> {
  const { clientId, clientAuth } = ctx.options;
  switch (clientAuth.method) {
    case "client_secret_basic": {
      const password = formEncoded(await ctx.resolve(clientAuth.clientSecret), ctx);
      return { basic: { username: encode(clientId), password }, form: {} };
    }
    case "client_secret_post":
      return { form: { client_id: clientId, client_secret: await ctx.resolve(clientAuth.clientSecret) } };
    case "private_key_jwt":
      return { form: await assertionOf(clientAuth, endpoint, ctx) };
    case "none":
      return { form: { client_id: clientId } };
  }
}

type KeyAuth = Extract<ClientAuth, { readonly method: "private_key_jwt" }>;

async function assertionOf(
  auth: KeyAuth,
  endpoint: string,
  ctx: OAuthContext,
): Promise<Readonly<Record<string, Text>>> {
  const { signAssertion } = await import("./assertion.ts");
  const { clientId } = ctx.options;
  const audience = auth.audience ?? endpoint;
  const jwt = signAssertion(
    { clientId, audience, algorithm: auth.algorithm, keyId: auth.keyId },
    await ctx.resolve(auth.key),
    ctx.now(),
  );
  return {
    client_id: clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: ctx.secret(jwt, "client assertion"),
  };
}

/** RFC 6749 §2.3.1 and appendix B: both halves are form-encoded before they are joined. */
function formEncoded(secret: Secret, ctx: OAuthContext): Secret {
  return ctx.secret(encode(secret.reveal()), "client secret");
}

function encode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
