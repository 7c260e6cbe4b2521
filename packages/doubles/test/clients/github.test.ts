/** GitHub's own library as a witness: what it does with the double, it does with the API. */
import { createAppAuth } from "@octokit/auth-app";
import { request } from "@octokit/request";
import { createGithubDouble, type GithubDouble, type GithubDoubleOptions } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";

async function start(options: GithubDoubleOptions = {}): Promise<GithubDouble> {
  const double = await createGithubDouble(options);
  onTestFinished(double.close);
  return double;
}

function authOf({ appId, privateKey, url }: GithubDouble) {
  return createAppAuth({ appId, privateKey, request: request.defaults({ baseUrl: url }) });
}

test("octokit finds the app, its installations and gets a token of one, for less than it may", async () => {
  const double = await start();
  const auth = authOf(double);
  const { token: jwt } = await auth({ type: "app" });
  const asApp = request.defaults({ baseUrl: double.url, headers: { authorization: `bearer ${jwt}` } });
  const { data: installations } = await asApp("GET /app/installations");
  const [first] = installations;
  expect(first).toMatchObject({ id: 42, account: { login: "acme" } });
  const { data: found } = await asApp("GET /repos/{owner}/{repo}/installation", { owner: "acme", repo: "app" });
  expect(found.id).toBe(42);
  const { token, expiresAt } = await auth({
    type: "installation",
    installationId: 42,
    repositoryNames: ["app"],
    permissions: { contents: "read" },
  });
  expect(double.inspect(token)).toMatchObject({ installation: 42, repositories: ["app"] });
  expect(double.inspect(token)?.permissions).toMatchObject({ contents: "read" });
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
});

test("octokit reads why a token is refused, and gives one back", async () => {
  const double = await start();
  const auth = authOf(double);
  const { token } = await auth({ type: "installation", installationId: 42 });
  await request("DELETE /installation/token", { baseUrl: double.url, headers: { authorization: `token ${token}` } });
  expect(double.inspect(token)).toBeUndefined();
  double.suspend(42);
  const again = auth({ type: "installation", installationId: 42, refresh: true });
  await expect(again).rejects.toMatchObject({ status: 403, message: expect.stringContaining("suspended") });
  double.deleteKey();
  await expect(auth({ type: "installation", installationId: 42, refresh: true })).rejects.toMatchObject({
    status: 401,
  });
});
