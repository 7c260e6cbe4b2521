import type { Context, Infer, ObjectSchema } from "@rotate/plugin-kit";

function mount(standard: string) {
  return {
    type: "string",
    minLength: 1,
    default: standard,
    description: "Where the method is mounted, without `auth/`",
  } as const;
}
const secret = { type: "string", secret: true } as const;
const role = { type: "string", minLength: 1 } as const;
const namespace = {
  type: "string",
  description: "Where the method lives, when it is not the provider's own namespace; `root` is the root namespace",
} as const;

const auth = {
  anyOf: [
    {
      type: "object",
      description: "A token given by reference; renewed while it can be",
      properties: { method: { const: "token" }, token: secret, namespace },
      required: ["method", "token"],
    },
    {
      type: "object",
      description: "A token in a file that somebody else keeps fresh: an Agent's sink, or what `vault login` left",
      properties: {
        method: { const: "token-file" },
        path: { type: "string", format: "path", description: "Default: ~/.vault-token" },
        namespace,
      },
      required: ["method"],
    },
    {
      type: "object",
      description: "Role id and secret id. `secretIdWrapped` is a wrapping token, good for one start of this process",
      properties: {
        method: { const: "approle" },
        roleId: { type: "string", minLength: 1 },
        secretId: secret,
        secretIdWrapped: secret,
        mount: mount("approle"),
        namespace,
      },
      required: ["method", "roleId"],
    },
    {
      type: "object",
      description: "The service account of a pod",
      properties: {
        method: { const: "kubernetes" },
        role,
        jwt: { ...secret, description: "Default: /var/run/secrets/kubernetes.io/serviceaccount/token" },
        mount: mount("kubernetes"),
        namespace,
      },
      required: ["method", "role"],
    },
    {
      type: "object",
      description: "A JWT of any issuer that Vault trusts: a CI job's identity, a SPIFFE JWT",
      properties: {
        method: { const: "jwt" },
        role: { ...role, description: "Default: the mount's default role" },
        jwt: secret,
        mount: mount("jwt"),
        namespace,
      },
      required: ["method", "jwt"],
    },
    {
      type: "object",
      description: "User name and password",
      properties: {
        method: { const: "userpass" },
        username: role,
        password: secret,
        mount: mount("userpass"),
        namespace,
      },
      required: ["method", "username", "password"],
    },
    {
      type: "object",
      description: "The client certificate of `tls`",
      properties: {
        method: { const: "cert" },
        role: { ...role, description: "Default: the first role that the certificate fits" },
        mount: mount("cert"),
        namespace,
      },
      required: ["method"],
    },
    {
      type: "object",
      description: "An AWS identity, shown by a signed GetCallerIdentity request (Vault; not in OpenBao's core)",
      properties: {
        method: { const: "aws" },
        role,
        accessKeyId: { type: "string", minLength: 1 },
        secretAccessKey: secret,
        sessionToken: secret,
        region: { type: "string", default: "us-east-1", pattern: "^[a-z0-9-]+$" },
        serverId: { type: "string", description: "What the mount wants in X-Vault-AWS-IAM-Server-ID" },
        mount: mount("aws"),
        namespace,
      },
      required: ["method", "role", "accessKeyId", "secretAccessKey"],
    },
  ],
} as const;

/** Options of every provider here: where the server is, and how we log in. */
export const options = {
  type: "object",
  properties: {
    address: {
      type: "string",
      format: "uri",
      description: "Of Vault or OpenBao",
      examples: ["https://vault.example.com:8200"],
    },
    namespace: { type: "string", description: "Vault Enterprise, OpenBao 2.3 and later", examples: ["team-a/web"] },
    tls: {
      type: "object",
      properties: {
        ca: { type: "string", description: "PEM, best as `{ file: PATH }`; replaces the system's authorities" },
        cert: { type: "string", description: "Client certificate, PEM, best as `{ file: PATH }`" },
        key: { ...secret, description: "Its private key, PEM" },
        serverName: { type: "string", description: "The name that the server's certificate must have" },
      },
    },
    redirectHosts: {
      type: "array",
      items: { type: "string", minLength: 1 },
      description: "Hosts beside the address's own that a standby may send us to",
      examples: [["vault-0.example.com", "vault-1.example.com"]],
    },
    auth,
  },
  required: ["address", "auth"],
} as const satisfies ObjectSchema;

/** The options that all three providers share, validated. */
export type Options = Infer<typeof options>;

/** How we prove who we are: one of the methods. */
export type Auth = Options["auth"];
/** The context of a call before there is a login. */
export type VaultContext = Context<Options>;
