import { invalid } from "@rotate/plugin-kit";
import type { Action, Request } from "./sts-request.ts";

const hour = 3_600_000;

interface Limits {
  /** ms */
  readonly longest: number;
  readonly required: readonly (keyof Request)[];
  readonly takes: readonly (keyof Request)[];
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/, the page of each action. */
const limits: Readonly<Record<Action, Limits>> = {
  AssumeRole: {
    longest: 12 * hour,
    required: ["roleArn"],
    takes: ["sessionName", "externalId", "sourceIdentity", "policy", "policyArns", "tags", "transitiveTags", "mfa"],
  },
  AssumeRoleWithWebIdentity: {
    longest: 12 * hour,
    required: ["roleArn"],
    takes: ["sessionName", "policy", "policyArns"],
  },
  GetSessionToken: { longest: 36 * hour, required: [], takes: ["mfa"] },
  GetFederationToken: { longest: 36 * hour, required: [], takes: ["sessionName", "policy", "policyArns", "tags"] },
};

/** A text that stands for one that is read later: the checks at the mint will see it. */
function isLater(text: string | undefined): boolean {
  return text?.startsWith("{ ") === true;
}

/** What the schema cannot see: what belongs to the action, lives, tags, policies. Throws INVALID. */
export function checkRequest(request: Request): void {
  checkMembers(request);
  checkNames(request);
  checkTags(request);
  checkPolicies(request);
}

function checkMembers(request: Request): void {
  const { action, ttl } = request;
  const { longest, required, takes } = limits[action];
  const missing = required.find((name) => request[name] === undefined);
  if (missing !== undefined) throw invalid(`${action} needs ${missing}`, `add ${missing} to the request`);
  const known = ["action", "ttl", ...required, ...takes];
  const strange = Object.keys(request).find(
    (name) => !known.includes(name) && name in request && isGiven(request, name),
  );
  if (strange !== undefined) {
    throw invalid(`${action} takes no ${strange}`, `it takes ${known.slice(1).join(", ")}`);
  }
  if (ttl !== undefined && ttl > longest) {
    throw invalid(`${action} gives ${longest / hour} h at most`, `ask for a shorter ttl`);
  }
}

function isGiven(request: Request, name: string): boolean {
  return (request as Readonly<Record<string, unknown>>)[name] !== undefined;
}

function checkNames({ action, sourceIdentity, sessionName }: Request): void {
  if (sourceIdentity?.toLowerCase().startsWith("aws:")) {
    throw invalid("sourceIdentity begins with aws:, which AWS keeps for itself", "choose another");
  }
  if (
    action === "GetFederationToken" &&
    sessionName !== undefined &&
    sessionName.length > 32 &&
    !isLater(sessionName)
  ) {
    throw invalid("sessionName is longer than 32 characters, all that GetFederationToken takes", "shorten it");
  }
}

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

function checkTags({ tags = {}, transitiveTags = [] }: Request): void {
  const keys = Object.keys(tags);
  if (keys.length > 50) throw invalid(`there are ${keys.length} tags`, "a session carries 50 at most");
  const wrong = keys.find((key) => key === "" || key.length > 128 || !tagText.test(key));
  if (wrong !== undefined) {
    throw invalid(
      `the tag ${JSON.stringify(wrong.slice(0, 40))} has a key that AWS does not take`,
      "use up to 128 letters, digits, blanks and _.:/=+-@",
    );
  }
  const broken = Object.entries(tags).find(([, value]) => !tagText.test(value) && !isLater(value));
  if (broken !== undefined) {
    throw invalid(
      `the value of tag ${broken[0]} has a character that AWS does not take`,
      "use letters, digits, blanks and _.:/=+-@",
    );
  }
  const lower = keys.map((key) => key.toLowerCase());
  const twice = keys.find((key, index) => lower.indexOf(key.toLowerCase()) !== index);
  if (twice !== undefined) throw invalid(`the tag ${twice} is given twice`, "keys are the same in any case: keep one");
  const unknown = transitiveTags.find((key) => !keys.includes(key) && !isLater(key));
  if (unknown !== undefined) throw invalid(`the transitive tag ${unknown} is none of \`tags\``, "add it there");
}

function checkPolicies({ policy, policyArns = [] }: Request): void {
  if (policy !== undefined && !isLater(policy)) checkPolicy(policy);
  const size = [policy ?? "", ...policyArns].reduce((sum, text) => sum + text.length, 0);
  if (size > 2048) {
    throw invalid(
      `the session policies have ${size} characters together`,
      "AWS takes 2048: shorten them, or use fewer",
    );
  }
}

function checkPolicy(text: string): void {
  if (!/^[\t\n\r\u0020-\u00ff]+$/.test(text)) {
    throw invalid("policy has a character that AWS does not take", "use Latin-1 characters only");
  }
  const policy = parsed(text);
  if (typeof policy === "object" && policy !== null && "Statement" in policy) return;
  throw invalid("policy is no policy document", 'write it like {"Version": "2012-10-17", "Statement": [...]}');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
