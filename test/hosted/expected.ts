/** What is different through the child, and why: anything else is a fault. */

/** Of one part. */
export interface Expected {
  /** Of the reason for which it is none for a process of its own. */
  readonly refusal?: string;
  /** Of the reason for which it is one with plain words for what it computes of its options. */
  readonly words?: string;
  /** By the name of a suite or a test: what is said where it gives something else. */
  readonly tests?: Readonly<Record<string, string>>;
}

const target = { words: "has to be words with options in it" };
const adopts = { words: "depends on the options: say true or false" };
const reads = { words: "have to be paths with options in them" };
const fields = { refusal: "depend on the request: say them as an object" };
const file = { refusal: "it writes" };
const command = { refusal: "runs whatever command the spec names" };
/** A metadata server is asked past all proxies. */
const ownProxy = "a plugin by others cannot choose `proxy`";
/** The daemon listens there. */
const ownSocket = "a plugin by others cannot choose `socketPath`";

/** It makes a configuration for the command. */
const ownFiles = "there is no place for temporary files";

/** By part: `sink vault-kv`. */
export const expected: Readonly<Record<string, Expected>> = {
  "provider aws-ecr": reads,
  "provider aws-rds-iam": reads,
  "provider aws-sts": fields,
  "provider azure-entra": { ...reads, tests: { "by a managed identity": ownProxy } },
  "provider databricks-postgres": { ...reads, tests: { "through the CLI": ownFiles } },
  "provider exec": command,
  "provider gcp-access-token": { ...reads, tests: { "by the metadata server": ownProxy } },
  "provider jwt": { refusal: "it makes a key file" },
  "provider kubernetes-token": reads,
  "provider vault": fields,
  "provider vault-kv": fields,
  "provider vault-static-role": reads,
  "sink aws-credentials": file,
  "sink aws-secrets-manager": reads,
  "sink aws-ssm-parameter": reads,
  "sink azure-key-vault": reads,
  "sink dotenv": file,
  "sink file": file,
  "sink files": file,
  "sink gcp-secret-manager": { ...reads, tests: { "sink gcp-secret-manager keeps the contract": ownProxy } },
  "sink github-actions": file,
  "sink github-secret": target,
  "sink gitlab-variable": target,
  "sink json": file,
  "sink kubernetes-secret": reads,
  "sink pgpass": file,
  "sink vault-kv": reads,
  "sink yaml": file,
  "notifier exec": command,
  "probe exec": command,
  "reload docker": { ...adopts, tests: { "reload docker keeps the contract": ownSocket } },
  "reload exec": command,
  "reload http": adopts,
  "reload kubernetes-rollout": reads,
  "reload signal": command,
  "reload systemd": adopts,
};
