/** Logins by a certificate and by a pod's token, asked of OpenBao and of the double: both need more of their surroundings than the other logins. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import {
  createCertificateAuthority,
  createVaultDouble,
  podToken,
  startOpenBao,
  type OpenBao,
  type VaultDoubleOptions,
} from "@rotate/doubles";
import { type Answer, comparable, expectStatus, type Scenario } from "./scenario.ts";
import { comparing } from "./vault-subject.ts";

const hour = 3_600_000;
const authority = createCertificateAuthority();
const others = createCertificateAuthority();
const tls = { ...authority.issue({ hosts: ["127.0.0.1"] }), clientCa: authority.ca };

/** Of clients: by the common name. */
const certificates = {
  app: authority.issue({ hosts: ["app.example.com"] }),
  guest: authority.issue({ hosts: ["guest.example.com"] }),
  foreign: others.issue({ hosts: ["app.example.com"] }),
};
type Client = keyof typeof certificates;

/** Tokens that the cluster vouches for, and the account that each is of. */
const accounts: Readonly<Record<string, { readonly namespace: string; readonly name: string }>> = {
  [podToken("backstage", "rotate")]: { namespace: "backstage", name: "rotate" },
  [podToken("backstage", "other")]: { namespace: "backstage", name: "other" },
  [podToken("elsewhere", "rotate")]: { namespace: "elsewhere", name: "rotate" },
};

export interface LoginWorld {
  /** Speaks https and takes certificates of clients. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function startDoubleLogins(): Promise<LoginWorld> {
  const life = { policies: ["app"], ttl: hour, maxTtl: 24 * hour };
  const role = { ...life, names: ["rotate"], namespaces: ["backstage"] };
  const options: VaultDoubleOptions = {
    tls,
    vendor: "openbao",
    auth: {
      cert: { type: "cert", roles: { app: { ...life, commonName: "app.example.com" } } },
      kubernetes: { type: "kubernetes", serviceAccounts: accounts, roles: { app: role } },
    },
  };
  const { url, close } = await createVaultDouble(options);
  return { url, close };
}

/** OpenBao, and beside it what it asks of a cluster: the review of a token (authentication.k8s.io/v1 TokenReview). */
export async function startRealLogins(): Promise<LoginWorld> {
  const [bao, cluster] = await Promise.all([startOpenBao({ tls }), startReviews()]);
  await furnish(bao, cluster.url);
  return { url: bao.tlsUrl, close: async () => void (await Promise.all([bao.close(), cluster.close()])) };
}

async function furnish({ write }: OpenBao, host: string): Promise<void> {
  const life = { token_policies: "app", token_ttl: "1h", token_max_ttl: "24h" };
  await write("sys/auth/cert", { type: "cert" });
  await write("auth/cert/certs/app", { ...life, certificate: authority.ca, allowed_common_names: "app.example.com" });
  await write("sys/auth/kubernetes", { type: "kubernetes" });
  await write("auth/kubernetes/config", {
    kubernetes_host: host,
    kubernetes_ca_cert: authority.ca,
    disable_local_ca_jwt: true,
  });
  const bound = { bound_service_account_names: "rotate", bound_service_account_namespaces: "backstage" };
  await write("auth/kubernetes/role/app", { ...life, ...bound });
}

interface Asked {
  readonly token: string;
  readonly audiences?: readonly string[];
}

async function review(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { spec } = JSON.parse(await text(asked)) as { readonly spec: Asked };
  const account = accounts[spec.token];
  const user = account && {
    username: `system:serviceaccount:${account.namespace}:${account.name}`,
    uid: `uid-of-${account.name}`,
    groups: ["system:serviceaccounts"],
  };
  const status =
    user === undefined
      ? { authenticated: false, error: "invalid bearer token" }
      : { authenticated: true, user, audiences: spec.audiences };
  answer.writeHead(201, { "content-type": "application/json" });
  answer.end(JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status }));
}

async function startReviews(): Promise<LoginWorld> {
  const server = createServer((asked, answer) => void review(asked, answer));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { readonly port: number };
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${port}`, close };
}

export interface LoginSubject {
  /** Logs in at `auth/MOUNT/login`, showing the certificate of a client or none. */
  readonly login: (
    mount: string,
    wanted: number,
    how: { readonly as?: Client; readonly body: object },
  ) => Promise<void>;
}

export function loginSubject({ url }: LoginWorld, record: (answer: Answer) => void): LoginSubject {
  return {
    async login(mount, wanted, { as, body }) {
      const route = `${url}/v1/auth/${mount}/login`;
      const said = await post(route, { body: JSON.stringify(body), client: as });
      expectStatus(route, { ...said, wanted });
      record({ asked: mount, status: said.status, body: comparable(JSON.parse(said.text), loginsComparing) });
    },
  };
}

/** What a server keeps of a certificate beside its name differs with the certificate. */
const loginsComparing = {
  ...comparing,
  volatile: new Set([...comparing.volatile, "subject_key_id", "authority_key_id", "service_account_uid"]),
};

interface Post {
  readonly body: string;
  readonly client: Client | undefined;
}

async function post(url: string, { body, client }: Post): Promise<{ readonly status: number; readonly text: string }> {
  const shown = client === undefined ? {} : certificates[client];
  const agent = new Agent({ ca: authority.ca, ...shown, keepAlive: false });
  const headers = { "content-type": "application/json", "x-vault-request": "true" };
  const asking = request(url, { method: "POST", agent, headers });
  asking.end(body);
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}

function pod(role: string, jwt: string) {
  return { body: { role, jwt } };
}

export const loginScenarios: readonly Scenario<LoginSubject>[] = [
  {
    name: "a host logs in by its certificate, and no other one does",
    run: async ({ login }) => {
      await login("cert", 200, { as: "app", body: {} });
      await login("cert", 200, { as: "app", body: { name: "app" } });
      await login("cert", 400, { as: "guest", body: {} });
      await login("cert", 400, { as: "app", body: { name: "nobody" } });
      await login("cert", 400, { body: {} });
    },
  },
  {
    name: "a pod logs in by the token of its account, and no other one does",
    run: async ({ login }) => {
      await login("kubernetes", 200, pod("app", podToken("backstage", "rotate")));
      await login("kubernetes", 403, pod("app", podToken("backstage", "other")));
      await login("kubernetes", 403, pod("app", podToken("elsewhere", "rotate")));
      await login("kubernetes", 403, pod("app", podToken("backstage", "rotate", "withdrawn")));
      await login("kubernetes", 400, pod("nobody", podToken("backstage", "rotate")));
      await login("kubernetes", 400, pod("", podToken("backstage", "rotate")));
      await login("kubernetes", 400, { body: { role: "app" } });
      await login("kubernetes", 403, pod("app", "no.jwt.atall"));
    },
  },
];
