import type { DatabricksDouble } from "@rotate/doubles";

/** Who mints, and its personal access token. */
export const user = "svc@example.com";
export const pat: string = `dapi${"0".repeat(32)}`;

/** A database credential of `user`, from a double that knows `pat`. */
export async function mint({ url }: DatabricksDouble): Promise<string> {
  const answer = await fetch(`${url}/api/2.0/postgres/credentials`, {
    method: "POST",
    headers: { authorization: `Bearer ${pat}`, "content-type": "application/json" },
    body: JSON.stringify({ endpoint: "projects/app/branches/production/endpoints/primary" }),
  });
  const { token } = JSON.parse(await answer.text());
  return String(token);
}
