import { readAnswer, type Context, type HttpAnswer, type Infer, type Schema, type Secret } from "@rotate/plugin-kit";
import { secured, webPage } from "@rotate/plugin-kit/tokens";
import type { Options } from "./options.ts";

/** One call of the REST API. Without `method` it is a POST where there is `json`, else a GET. */
export interface ApiCall {
  /** Behind the base URL, with a slash in front. */
  readonly path: string;
  readonly bearer: Secret;
  readonly json?: unknown;
  readonly method?: "DELETE" | "PUT";
}

/** The context of whatever knows where the API is. */
export type ApiContext = Context<Pick<Options, "baseUrl">>;

/** One call of GitHub's REST API, version 2022-11-28. Any status is an answer, but a web page is none: BAD_ANSWER. */
export async function call(
  { path, bearer, json, method }: ApiCall,
  { http, options }: ApiContext,
): Promise<HttpAnswer> {
  const base = secured("baseUrl", options.baseUrl);
  const headers = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
  const url = `${base.href.replace(/\/$/, "")}${path}`;
  const answer = await http(url, { bearer, headers, ...(json !== undefined && { json }), ...(method && { method }) });
  const page = webPage(
    answer,
    "this is not GitHub's API",
    "baseUrl is https://api.github.com, or https://HOST/api/v3; is a proxy between?",
  );
  if (page !== undefined) throw page;
  return answer;
}

/** The body by a schema. Throws BAD_ANSWER that shows the shape of anything else. */
export function readAs<const S extends Schema>(answer: HttpAnswer, schema: S): Infer<S> {
  return readAnswer(answer, schema, "something else than GitHub answered: check baseUrl");
}
