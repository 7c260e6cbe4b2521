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
const fields = { refusal: "depend on the request: say them as an object" };
const file = { refusal: "it writes" };
/** A metadata server is asked past all proxies. */
const ownProxy = "a plugin by others cannot choose `proxy`";
/** The daemon listens there. */
const ownSocket = "a plugin by others cannot choose `socketPath`";

/** By part: `sink vault-kv`. */
export const expected: Readonly<Record<string, Expected>> = {
  "provider aws-sts": fields,
  "provider vault": fields,
  "provider vault-kv": fields,
  "provider azure-entra": { tests: { "by a managed identity": ownProxy } },
  "provider gcp-access-token": { tests: { "by the metadata server": ownProxy } },
  "provider databricks-postgres": {},
  "sink aws-credentials": file,
  "sink aws-secrets-manager": target,
  "sink aws-ssm-parameter": target,
  "sink gcp-secret-manager": target,
  "sink github-actions": file,
  "sink github-secret": target,
  "sink gitlab-variable": target,
  "sink kubernetes-secret": target,
  "sink pgpass": target,
  "sink vault-kv": target,
  "reload docker": { ...adopts, tests: { "reload docker keeps the contract": ownSocket } },
  "reload http": adopts,
  "reload kubernetes-rollout": adopts,
  "reload systemd": adopts,
};
