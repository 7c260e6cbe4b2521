/** Secret stores as sinks, with every way to log in. GitHub is there, as a double: what seals a value is loaded by a write alone. */
import { entra, google, loopback, noProgram, secret, unreachable } from "./logins.ts";
import { rotated, rowsOf, type Options, type Row, type Rows } from "./row.ts";

const token = "{{ token }}";

/** The places that the double of GitHub has. */
const repository = "acme/app";
const places = {
  repository: { of: "repository", repository },
  environment: { of: "environment", repository, environment: "production" },
  ...Object.fromEntries(
    ["selected", "private", "all"].map((visibility) => [
      visibility,
      { of: "organization", organization: "acme", visibility },
    ]),
  ),
};

function written(sink: Options, ends: Row["ends"]): Row {
  return { sinks: [sink], ends };
}

/** A name of its own for each: two writers of one secret are an error of the spec. */
function named(name: string): string {
  return name.replaceAll(/[^a-z0-9]/g, "-");
}

export const stores: Rows = {
  ...rowsOf("store-github", places, (place, name) =>
    written(
      {
        type: "github-secret",
        place,
        name: `TOKEN_${name}`,
        create: true,
        auth: { method: "token", token: secret },
        baseUrl: { env: "GITHUB_URL" },
        values: { value: token },
      },
      rotated,
    ),
  ),
  "store-github-app": written(
    {
      type: "github-secret",
      place: places.repository,
      name: "TOKEN_APP",
      auth: { method: "app", appId: "1", privateKey: { file: "rsa.pem" } },
      baseUrl: loopback,
      values: { value: token },
    },
    unreachable,
  ),
  ...rowsOf("store-gcp", google, (source, name) =>
    written(
      {
        type: "gcp-secret-manager",
        project: "acme",
        secret: named(name),
        format: name === "metadata" ? "value" : "json",
        source,
        endpoints: { oauth2: loopback, sts: loopback, iamCredentials: loopback, secretManager: loopback },
        values: name === "metadata" ? { value: token } : { token },
      },
      name === "gcloud" ? noProgram : unreachable,
    ),
  ),
  ...rowsOf("store-azure", entra, (auth, name) =>
    written(
      {
        type: "azure-key-vault",
        vault: "https://acme.vault.azure.net",
        name: named(name),
        format: name === "managed-identity" ? "value" : "json",
        tenantId: "example",
        authority: loopback,
        auth,
        values: name === "managed-identity" ? { value: token } : { token },
      },
      unreachable,
    ),
  ),
  ...rowsOf(
    "store-gitlab",
    { project: { of: "project", project: "acme/app" }, group: { of: "group", group: "acme" } },
    (place) =>
      written(
        { type: "gitlab-variable", place, key: "TOKEN", token: secret, baseUrl: loopback, values: { value: token } },
        unreachable,
      ),
  ),
};
