import { badAnswer, invalid, isRotateError, withDetails } from "@rotate/plugin-kit";
import { accessToken, type Granted } from "../granted.ts";
import type { Ctx, Source } from "../options.ts";
import { gcloudRefusal } from "../refusal/index.ts";

type Gcloud = Extract<Source, { readonly method: "gcloud" }>;

/** What could make gcloud hand back a token that one of our own sinks has written. */
const ownTokens = { CLOUDSDK_AUTH_ACCESS_TOKEN: undefined, CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: undefined } as const;

/**
 * The token of gcloud's login, with its true end: `gcloud config config-helper`. gcloud keeps a token until shortly before its end, so the same one may
 * come again. The scopes are those of the login.
 */
export async function byGcloud(source: Gcloud, scopes: readonly string[] | undefined, ctx: Ctx): Promise<Granted> {
  if (scopes !== undefined) {
    throw invalid("gcloud's login has its own scopes", "leave request.scopes out, or impersonate a service account");
  }
  const { command, account, configuration } = source;
  const who = [
    ...(account === undefined ? [] : ["--account", account]),
    ...(configuration === undefined ? [] : ["--configuration", configuration]),
  ];
  const env = { ...ownTokens, CLOUDSDK_CORE_DISABLE_PROMPTS: "1" };
  const answer = await ctx.exec([command, "config", "config-helper", "--format=json", ...who], { env }).catch(missing);
  if (answer.exitCode !== 0) throw gcloudRefusal(answer);
  return readHelper(answer.stdout, ctx);
}

function missing(error: unknown): never {
  if (!isRotateError(error) || error.code !== "NOT_FOUND") throw error;
  const hint = "install the Google Cloud CLI, or write its path in source.command";
  throw withDetails(error, { hint });
}

function readHelper(stdout: string, ctx: Ctx): Granted {
  const { access_token: token, token_expiry: expiry } = credentialIn(stdout);
  if (typeof token !== "string") throw badAnswer("gcloud printed no token", byHand);
  if (typeof expiry !== "string" || Number.isNaN(Date.parse(expiry))) {
    throw badAnswer("gcloud does not say when its token ends", "let gcloud log in by itself, not by a token file");
  }
  return { token: accessToken(token, ctx), expires: new Date(expiry) };
}

const byHand = "run `gcloud config config-helper --format=json` by hand and look at what it prints";

interface HelperCredential {
  readonly access_token?: unknown;
  readonly token_expiry?: unknown;
}

function credentialIn(stdout: string): HelperCredential {
  try {
    const { credential } = JSON.parse(stdout) as { readonly credential?: HelperCredential };
    return credential ?? {};
  } catch {
    throw badAnswer("gcloud printed no JSON", byHand);
  }
}
