/** A library for GitLab as a witness: what it does with the double, it does with the API. */
import { Gitlab } from "@gitbeaker/rest";
import { createGitlabDouble } from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";

async function start() {
  const double = await createGitlabDouble();
  onTestFinished(double.close);
  return { double, api: new Gitlab({ host: double.url, token: double.token }) };
}

test("the library makes, changes, finds and removes a variable of a scope", async () => {
  const { double, api } = await start();
  const project = "acme/app";
  await api.ProjectVariables.create(project, "KEY", "first-text", {
    masked: true,
    raw: true,
    environmentScope: "prod",
  });
  const filter = { environment_scope: "prod" };
  await api.ProjectVariables.edit(project, "KEY", "second-text", { filter });
  expect(double.variable("projects/acme/app", "KEY", "prod")).toMatchObject({ value: "second-text", masked: true });
  expect(await api.ProjectVariables.show(project, "KEY", { filter })).toMatchObject({ value: "second-text" });
  await api.ProjectVariables.remove(project, "KEY", { filter });
  expect(await api.ProjectVariables.all(project)).toEqual([]);
});

test("the library reads why it is refused", async () => {
  const { double, api } = await start();
  const made = api.GroupVariables.create("acme", "KEY", "short", { masked: true });
  await expect(made).rejects.toMatchObject({ cause: { response: { status: 400 } } });
  await expect(api.GroupVariables.show("nobody", "KEY")).rejects.toMatchObject({
    cause: { response: { status: 404 } },
  });
  double.setToken(double.token, { scopes: ["read_api"] });
  await expect(api.GroupVariables.show("acme", "KEY")).rejects.toMatchObject({ cause: { response: { status: 403 } } });
});
