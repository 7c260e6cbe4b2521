/** Could a mint work now? Each command is tried in a way that changes nothing. */
import { isRotateError, RotateError } from "@rotate/plugin-kit";
import { isThisMachine } from "@rotate/plugin-kit/tokens";
import { onNode, type Ask } from "./connect.ts";
import type { RedisContext } from "./options.ts";

/** A user and a rule that no server has. */
const nobody = "rotate-check";

/** Throws DENIED with the commands that an administrator grants, INVALID for rules that a server does not know. */
export async function checkNodes(ctx: RedisContext, rules: readonly string[]): Promise<void> {
  const { nodes, user, tls } = ctx.options;
  const [first] = nodes;
  if (tls === "disable" && !isThisMachine(new URL(`redis://${first}`)))
    ctx.log.warn("the password that rotate logs in with goes over the network in clear", {
      node: first,
      remedy: "set tls: verify-full",
    });
  for (const node of nodes) {
    const lacking = await onNode(ctx, { node }, (ask) => lackingOn(ask, rules));
    if (lacking.length > 0) throw denied({ node, user, lacking });
  }
}

async function lackingOn(ask: Ask, rules: readonly string[]): Promise<readonly string[]> {
  const tries: Readonly<Record<string, () => Promise<unknown>>> = {
    "acl|users": () => ask("ACL", "USERS"),
    "acl|deluser": () => ask("ACL", "DELUSER", nobody),
    "client|list": () => ask("CLIENT", "LIST"),
    "client|kill": () => ask("CLIENT", "KILL", "ID", String(Number.MAX_SAFE_INTEGER)),
    "acl|setuser": () => tryRules(ask, rules),
  };
  const lacking: string[] = [];
  for (const [command, attempt] of Object.entries(tries)) if (!(await isAllowed(attempt))) lacking.push(command);
  return lacking;
}

async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (isReply(error) && error.message.startsWith("NOPERM")) return false;
    throw error;
  }
}

/** A user is made with all of its rules or not at all: the last one here is none, so nothing is made, and the server says which one is the first that it does not know. */
async function tryRules(ask: Ask, rules: readonly string[]): Promise<void> {
  try {
    await ask("ACL", "SETUSER", nobody, "reset", ...rules, nobody);
  } catch (error) {
    if (isReply(error) && error.message.includes(`modifier '${nobody}'`)) return;
    throw error;
  }
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && !isRotateError(error);
}

function denied({
  node,
  user,
  lacking,
}: {
  readonly node: string;
  readonly user: string;
  readonly lacking: readonly string[];
}): RotateError {
  const grant = lacking.map((command) => `+${command}`).join(" ");
  return new RotateError(`${user} may not use ${lacking.join(", ")} on ${node}`, {
    code: "DENIED",
    retryable: false,
    hint: `let an administrator run, on ${node}: ACL SETUSER ${user} ${grant}`,
  });
}
