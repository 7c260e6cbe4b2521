import type { DoubleAnswer, DoubleRequest } from "../http-double.ts";
import { metadataAnswer } from "./answers.ts";
import type { GcpState } from "./state.ts";

const cloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

function refused(status: number, title: string): DoubleAnswer {
  return metadataAnswer(
    status,
    `<!DOCTYPE html><html lang=en><title>Error ${status} (${title})!!1</title>`,
    "text/html",
  );
}

const folders = ["instance", "instance/service-accounts", "project"];

/** A folder is named with a slash behind it; without, the server sends there. */
function moved({ path, headers }: DoubleRequest): DoubleAnswer {
  const location = `http://${headers["host"]}${path}/`;
  const answer = refused(301, "Moved Permanently");
  return { ...answer, headers: { ...answer.headers, location } };
}

function text(body: string): DoubleAnswer {
  return metadataAnswer(200, body, "application/text");
}

/** `GET /computeMetadata/v1/…` (cloud.google.com/compute/docs/metadata): the header must be there, and nobody may have forwarded it. */
export async function metadata(request: DoubleRequest, state: GcpState): Promise<DoubleAnswer> {
  if (request.headers["metadata-flavor"] !== "Google" || request.headers["x-forwarded-for"] !== undefined) {
    return refused(403, "Forbidden");
  }
  if (request.method !== "GET") return refused(405, "Method Not Allowed");
  const path = request.path.replace("/computeMetadata/v1/", "");
  if (folders.includes(path)) return moved(request);
  if (path === "") return text("instance/\nproject/\nuniverse/\n");
  if (path === "instance/") return text("hostname\nid\nservice-accounts/\nzone\n");
  if (path === "project/project-id") return text("acme");
  if (path === "project/numeric-project-id") return text("1234567890");
  if (path === "universe/universe-domain") return text("googleapis.com");
  if (path === "instance/service-accounts/") return text(`default/\n${state.attached}/\n`);
  const [, name = "", what = ""] = /^instance\/service-accounts\/([^/]+)\/(.*)$/.exec(path) ?? [];
  const account = decodeURIComponent(name) === "default" ? state.attached : decodeURIComponent(name);
  return account === state.attached ? accountAnswer(what, request, state) : refused(404, "Not Found");
}

async function accountAnswer(what: string, { query }: DoubleRequest, state: GcpState): Promise<DoubleAnswer> {
  const { attached: account, now } = state;
  switch (what) {
    case "":
      return metadataAnswer(200, { aliases: ["default"], email: account, scopes: [cloudPlatform] });
    case "email":
      return text(account);
    case "scopes":
      return text(`${cloudPlatform}\n`);
    case "token": {
      const { token, expiresAt } = state.cached(account, (query.get("scopes") ?? cloudPlatform).split(","));
      const expires_in = Math.floor((expiresAt - now()) / 1000);
      return metadataAnswer(200, { access_token: token, expires_in, token_type: "Bearer" });
    }
    case "identity": {
      const audience = query.get("audience");
      if (!audience) return metadataAnswer(400, "non-empty audience parameter required", "text/plain");
      return text(await state.signIdToken(account, audience, query.get("format") === "full"));
    }
    default:
      return refused(404, "Not Found");
  }
}
