import { basename } from "node:path";
import {
  badAnswer,
  execRefusal,
  invalid,
  isRotateError,
  meanings,
  RotateError,
  type Refusals,
} from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import { isFields, textOf, type Fields } from "./fields.ts";
import { pathIn, type Entry } from "./kubeconfig.ts";
import type { ForCluster, Identity } from "./types.ts";

/** Both have the same shape; `aws eks update-kubeconfig` still writes the beta. */
const versions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];

/** What plugins of the clouds say when a person has to log in: aws eks get-token, gke-gcloud-auth-plugin, kubelogin. The rest is theirs to explain. */
export const pluginRefusals: Refusals = [
  {
    ...meanings.person,
    said: /aws sso login|SSO session (associated with this profile )?has expired|Error loading SSO Token/i,
    hint: "log in again: aws sso login",
  },
  {
    ...meanings.person,
    said: /gcloud auth login|Reauthentication (failed|required)/i,
    hint: "log in again: gcloud auth login",
  },
  { ...meanings.person, said: /AADSTS(50173|700082|700084)|\baz login\b/, hint: "log in again: az login" },
  { ...meanings.failed },
];

interface Plugin {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly installHint: string;
  readonly wantsCluster: boolean;
}

/** Asks the exec plugin of a user for a credential (kubernetes.io, client-go credential plugins). Throws NOT_FOUND, FAILED or BAD_ANSWER. */
export async function byExecPlugin(user: Entry, cluster: ForCluster): Promise<Identity> {
  const plugin = pluginOf(user);
  const { ctx } = cluster;
  const command = basename(plugin.argv[0]);
  const spec = { interactive: false, ...(plugin.wantsCluster && { cluster: clusterInfo(cluster) }) };
  const info = JSON.stringify({ apiVersion: plugin.apiVersion, kind: "ExecCredential", spec });
  const answer = await run(plugin, info, ctx);
  if (answer.exitCode !== 0) {
    throw execRefusal(pluginRefusals, answer, {
      message: `the exec plugin ${command} of user ${user.name} failed`,
      said: answer.stderr,
      advice: `run ${command} by hand to see what it wants; its own login may be over`,
    });
  }
  return credentialIn(answer.stdout, { command, apiVersion: plugin.apiVersion, ctx });
}

function pluginOf(user: Entry): Plugin {
  const exec = user.fields["exec"] as Fields;
  const command = textOf(exec, "command");
  const apiVersion = textOf(exec, "apiVersion") ?? "";
  if (command === undefined)
    throw invalid(`the exec plugin of user ${user.name} has no command`, "correct the kubeconfig");
  if (!versions.includes(apiVersion)) {
    throw invalid(
      `the exec plugin of user ${user.name} speaks ${apiVersion || "no version"}`,
      `it must be ${versions[0]}`,
    );
  }
  if (textOf(exec, "interactiveMode") === "Always") {
    throw invalid(`the exec plugin of user ${user.name} wants a terminal`, "use a user that logs in by itself");
  }
  const own = /^[^/]+\/|^\.\.?\//.test(command);
  return {
    argv: [own ? pathIn(user, command) : command, ...listOf(exec["args"]).map(String)],
    env: Object.fromEntries(
      listOf(exec["env"])
        .filter(isFields)
        .map((one) => [textOf(one, "name") ?? "", textOf(one, "value") ?? ""]),
    ),
    apiVersion,
    installHint: textOf(exec, "installHint") ?? "install it, or correct the kubeconfig",
    wantsCluster: exec["provideClusterInfo"] === true,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function clusterInfo({ server, ca }: ForCluster): Fields {
  return { server, ...(ca !== undefined && { "certificate-authority-data": Buffer.from(ca).toString("base64") }) };
}

async function run({ argv, env, installHint }: Plugin, info: string, ctx: ClusterContext) {
  try {
    return await ctx.exec(argv, { env: { ...env, KUBERNETES_EXEC_INFO: info } });
  } catch (error) {
    if (!isRotateError(error) || error.code !== "NOT_FOUND") throw error;
    const details = { code: "NOT_FOUND", retryable: false, hint: installHint, cause: error } as const;
    throw new RotateError(`the exec plugin ${basename(argv[0])} is not installed`, details);
  }
}

const byHand = "run it by hand and compare with the ExecCredential format; a cache of its own may be stale";

interface Asked {
  readonly command: string;
  readonly apiVersion: string;
  readonly ctx: ClusterContext;
}

function credentialIn(stdout: string, { command, apiVersion, ctx }: Asked): Identity {
  const answered = parsed(stdout);
  const status = answered["status"];
  if (answered["kind"] !== "ExecCredential" || answered["apiVersion"] !== apiVersion || !isFields(status)) {
    throw badAnswer(`${command} did not print an ExecCredential of ${apiVersion} with a status`, byHand);
  }
  checkExpiry(status, command, ctx);
  const { token, clientCertificateData: cert, clientKeyData: key } = status;
  const paired = typeof cert === "string" && typeof key === "string" && cert !== "" && key !== "";
  const hasToken = typeof token === "string" && token !== "";
  if (!paired && !hasToken)
    throw badAnswer(`${command} printed neither a token nor a client certificate with its key`, byHand);
  return {
    tls: paired ? { cert, key: ctx.secret(key, "client key") } : {},
    ...(hasToken && { bearer: ctx.secret(token, "exec plugin token") }),
  };
}

/** The error of JSON.parse shows the text, so it goes no further. */
function parsed(stdout: string): Fields {
  try {
    const value: unknown = JSON.parse(stdout);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

function checkExpiry({ expirationTimestamp: ends }: Fields, command: string, ctx: ClusterContext): void {
  if (typeof ends !== "string" || !(Date.parse(ends) <= ctx.now())) return;
  throw badAnswer(`${command} printed a credential that ended at ${ends}`, byHand);
}
