import type { Context, Infer, Schema } from "@rotate/plugin-kit";

const secret = { type: "string", secret: true } as const;
const role = {
  roleArn: {
    type: "string",
    pattern: "^arn:[\\w-]+:iam::\\d{12}:role/[\\w+=,.@/-]+$",
    maxLength: 2048,
    description: "A role to take first; its session then signs. Not needed for AssumeRoleWithWebIdentity",
  },
  sessionName: {
    type: "string",
    pattern: "^[\\w+=,.@-]{2,64}$",
    description: "Of that first session; default: rotate",
  },
} as const;

const credentials = {
  anyOf: [
    {
      type: "object",
      description: "The AWS default chain: environment, shared profile, web identity, container, instance",
      properties: { source: { const: "default" } },
      required: ["source"],
    },
    {
      type: "object",
      description: "An access key given by references",
      properties: {
        source: { const: "keys" },
        accessKeyId: { type: "string", pattern: "^\\w{16,128}$" },
        secretAccessKey: secret,
        sessionToken: { ...secret, description: "Of a temporary key (ASIA…)" },
      },
      required: ["source", "accessKeyId", "secretAccessKey"],
    },
    {
      type: "object",
      description: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN",
      properties: { source: { const: "environment" } },
      required: ["source"],
    },
    {
      type: "object",
      description: "A profile of the shared config and credentials files",
      properties: {
        source: { const: "profile" },
        profile: { type: "string", minLength: 1, description: "Default: AWS_PROFILE, else default" },
        configFile: { type: "string", format: "path", description: "Default: AWS_CONFIG_FILE, else ~/.aws/config" },
        credentialsFile: {
          type: "string",
          format: "path",
          description: "Default: AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials",
        },
      },
      required: ["source"],
    },
    {
      type: "object",
      description: "An identity token (OIDC) by reference: a projected service account token, a CI job's variable",
      properties: { source: { const: "web-identity" }, token: secret, ...role },
      required: ["source", "token"],
    },
    {
      type: "object",
      description: "The identity token of a GitHub Actions job",
      properties: {
        source: { const: "github-oidc" },
        audience: { type: "string", minLength: 1, default: "sts.amazonaws.com" },
        ...role,
      },
      required: ["source"],
    },
    {
      type: "object",
      description: "The credential endpoint of an ECS task or an EKS pod (AWS_CONTAINER_CREDENTIALS_…)",
      properties: { source: { const: "container" } },
      required: ["source"],
    },
    {
      type: "object",
      description: "The role of the EC2 instance, by its metadata service, version 2",
      properties: { source: { const: "instance" } },
      required: ["source"],
    },
  ],
} as const satisfies Schema;

/** Options that all providers of AWS share: where to call, and who we are. */
export const connection = {
  region: {
    type: "string",
    pattern: "^[a-z]{2,4}(-[a-z]+)+-\\d{1,2}$|^aws-global$",
    description: "Default: AWS_REGION, AWS_DEFAULT_REGION, the profile's region",
    examples: ["eu-central-1"],
  },
  fips: { type: "boolean", default: false, description: "Call endpoints with FIPS 140 validated cryptography" },
  dualstack: { type: "boolean", default: false, description: "Call endpoints that speak IPv6, too" },
  endpoints: {
    type: "object",
    description: "URLs in place of the region's own, such as those of VPC endpoints",
    properties: {
      sts: { type: "string", format: "uri" },
      ecr: { type: "string", format: "uri" },
      secretsmanager: { type: "string", format: "uri" },
      ssm: { type: "string", format: "uri" },
    },
  },
  credentials,
} as const satisfies Record<string, Schema>;

interface ConnectionSchema {
  readonly type: "object";
  readonly properties: typeof connection;
}
/** The shared options once validated. */
export type Connection = Infer<ConnectionSchema>;

/** How we log in to AWS, by the option `credentials`; without it, as the SDKs find their own. */
export type Credentials = NonNullable<Connection["credentials"]>;
/** The context of a call. */
export type AwsContext = Context<Connection>;
