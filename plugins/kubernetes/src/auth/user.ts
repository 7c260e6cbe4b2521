import { invalid } from "@rotate/plugin-kit";
import type { ClusterContext } from "../options.ts";
import { isFields, textOf } from "./fields.ts";
import { pathIn, type Entry } from "./kubeconfig.ts";
import type { ForCluster, Identity } from "./types.ts";

/** How a user of the kubeconfig proves who it is; what is in files is read anew each time. Throws INVALID for what we do not do. */
export async function identityOf(user: Entry, cluster: ForCluster): Promise<Identity> {
  refuseOthers(user);
  if (isFields(user.fields["exec"])) {
    const { byExecPlugin } = await import("./exec-plugin.ts");
    return byExecPlugin(user, cluster);
  }
  const { ctx } = cluster;
  const token = await tokenOf(user, ctx);
  const username = textOf(user.fields, "username");
  const password = textOf(user.fields, "password");
  return {
    tls: await certificateOf(user, ctx),
    ...(token !== undefined && { bearer: ctx.secret(token, "kubeconfig token") }),
    ...(username !== undefined &&
      password !== undefined && { basic: { username, password: ctx.secret(password, "kubeconfig password") } }),
  };
}

/** Acting as ourselves where the file asks to act as somebody lesser would be worse than refusing. */
function refuseOthers({ name, fields }: Entry): void {
  if (fields["auth-provider"] !== undefined) {
    throw invalid(
      `user ${name} of the kubeconfig has an auth-provider`,
      "these are gone since Kubernetes 1.26: use exec",
    );
  }
  const impersonation = ["as", "as-uid", "as-groups", "as-user-extra"].find((word) => fields[word] !== undefined);
  if (impersonation === undefined) return;
  throw invalid(
    `user ${name} of the kubeconfig impersonates (${impersonation})`,
    "give rotate a user of its own that may do just what it needs",
  );
}

/** `tokenFile` wins over `token` (client-go). */
async function tokenOf(user: Entry, { readFile }: ClusterContext): Promise<string | undefined> {
  const path = textOf(user.fields, "tokenFile");
  if (path === undefined) return textOf(user.fields, "token");
  const text = await readFile(pathIn(user, path), {
    what: "token file",
    hint: "correct tokenFile in the kubeconfig",
  });
  if (text.trim() === "") throw invalid(`the token file ${path} is empty`, "is what fills it running?");
  return text.trim();
}

async function certificateOf(user: Entry, ctx: ClusterContext): Promise<Identity["tls"]> {
  const cert = await pemOf(user, "client-certificate", ctx);
  const key = await pemOf(user, "client-key", ctx);
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) {
    throw invalid(
      `user ${user.name} of the kubeconfig has only half of a client certificate`,
      "give certificate and key",
    );
  }
  return { cert, key: ctx.secret(key, "kubeconfig client key") };
}

/** `-data` wins over the file. */
async function pemOf(user: Entry, word: string, { readFile }: ClusterContext): Promise<string | undefined> {
  const data = textOf(user.fields, `${word}-data`);
  if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
  const path = textOf(user.fields, word);
  if (path === undefined) return undefined;
  return readFile(pathIn(user, path), { what: word, hint: "correct it in the kubeconfig" });
}
