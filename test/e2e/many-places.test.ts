/** One mint, many places: a file and four stores of secrets get the same credential, or keep the one before. */
import {
  createAzureDouble,
  createGcpDouble,
  createGithubDouble,
  createGitlabDouble,
  githubFaults,
  type AzureDouble,
  type GcpDouble,
  type GithubDouble,
  type GitlabDouble,
} from "@rotate/doubles";
import { expect, onTestFinished, test } from "vitest";
import { expectQuiet, layOut, type Stage } from "./providers/support.ts";

const personal = "github_pat_of-many-places-0123456789";
const clientSecret = "abc8Q~secret-of-many-places-0123456789";
const secret = "projects/acme/secrets/app";

const spec = `version: 1
name: many-places
providers:
  issuer: { type: jwt, issuer: "https://issuer.example", key: { path: issuer.pem } }
rotations:
  app:
    provider: issuer
    request: { subject: app, ttl: 1h }
    retry: { initial: 100ms, max: 100ms }
    budget: { perMinute: 100 }
    sinks:
      - { type: dotenv, path: .env, values: { TOKEN: "{{ token }}" } }
      - type: github-secret
        place: { of: repository, repository: acme/app }
        name: TOKEN
        create: true
        auth: { method: token, token: { env: GITHUB_PERSONAL } }
        baseUrl: { env: GITHUB_URL }
        values: { value: "{{ token }}" }
      - type: gcp-secret-manager
        project: acme
        secret: app
        alias: current
        keep: 2
        source: { method: metadata }
        endpoints: { secretManager: { env: GCP_URL } }
        values: { token: "{{ token }}" }
      - type: azure-key-vault
        vault: { env: VAULT_URL }
        name: app
        create: true
        scope: https://vault.azure.net/.default
        tenantId: { env: TENANT }
        authority: { env: VAULT_URL }
        auth: { method: client-secret, clientId: app, clientSecret: { env: CLIENT_SECRET } }
        values: { value: "{{ token }}" }
      - type: gitlab-variable
        place: { of: project, project: acme/app }
        key: TOKEN
        create: true
        token: { env: GITLAB_TOKEN }
        baseUrl: { env: GITLAB_URL }
        values: { value: "{{ token }}" }
`;

interface World {
  readonly github: GithubDouble;
  readonly gcp: GcpDouble;
  readonly azure: AzureDouble;
  readonly gitlab: GitlabDouble;
  readonly stage: Stage;
}

async function openWorld(): Promise<World> {
  const rights = { owner: "acme", repositories: ["app"], permissions: { secrets: "write" } };
  const github = await createGithubDouble({ personal: { [personal]: rights } });
  const gcp = await createGcpDouble();
  gcp.setSecret(secret);
  const azure = await createAzureDouble({ apps: [{ clientId: "app", secrets: { [clientSecret]: undefined } }] });
  const gitlab = await createGitlabDouble();
  for (const double of [github, gcp, azure, gitlab]) onTestFinished(double.close);
  const env = {
    ...gcp.env,
    GCP_URL: gcp.url,
    GITHUB_URL: github.url,
    GITHUB_PERSONAL: personal,
    VAULT_URL: azure.url,
    TENANT: azure.tenantId,
    CLIENT_SECRET: clientSecret,
    GITLAB_URL: gitlab.url,
    GITLAB_TOKEN: gitlab.token,
  };
  return { github, gcp, azure, gitlab, stage: await layOut({ spec, env }) };
}

/** What a consumer of each place gets. */
async function held({ github, gcp, azure, gitlab, stage }: World) {
  const { versions = [], aliases = {} } = gcp.secret(secret) ?? {};
  const aliased = versions.find(({ number }) => String(number) === aliases["current"])?.payload.toString() ?? "{}";
  const file = await stage.file(".env").catch(() => "");
  return {
    file: /TOKEN=(\S+)/.exec(file)?.[1],
    gcp: (JSON.parse(aliased) as { readonly token?: string }).token,
    azure: azure.vaultSecret("app")?.versions.at(-1)?.value,
    gitlab: gitlab.variable("projects/acme/app", "TOKEN")?.value,
    github: github.actionsSecret("repos/acme/app", "TOKEN")?.value,
  };
}

async function heldByAll(world: World): Promise<string> {
  const [token = "nothing", ...others] = Object.values(await held(world));
  expect(new Set(others)).toEqual(new Set([token]));
  return token;
}

const putGithub = "PUT /repos/acme/app/actions/secrets/TOKEN";
const putGitlab = "PUT /api/v4/projects/acme%2Fapp/variables/TOKEN";
const refusedByGitlab = { status: 403, body: { message: "403 Forbidden" } };

test("all places get one credential; where one refuses it all keep the one before; where an answer is lost it is looked at", async () => {
  const world = await openWorld();
  const { github, gcp, azure, gitlab, stage } = world;
  const first = await stage.rotate("run");
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app +rotated/) });
  const tokens = [await heldByAll(world)];

  for (const [faults, route, fault] of [
    [gitlab.faults, putGitlab, refusedByGitlab],
    [github.faults, putGithub, githubFaults.personalNotAccessible],
  ] as const) {
    faults.always(route, fault);
    const refused = await stage.rotate("run", "--force");
    expect(refused.code).toBe(1);
    expect(await heldByAll(world)).toBe(tokens[0]);
    faults.clear();
  }

  gcp.faults.next(`PATCH /v1/${secret}`, "cut");
  azure.faults.next("PUT /secrets/app", "cut");
  gitlab.faults.next(putGitlab, "cut");
  const lost = await stage.rotate("run", "--force");
  expect(lost).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app +rotated/) });
  tokens.push(await heldByAll(world));
  expect(new Set(tokens).size).toBe(2);

  expect(await stage.rotate("run")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^app is fresh/) });
  await expectQuiet(stage, [...tokens, personal, clientSecret, gitlab.token]);
});
