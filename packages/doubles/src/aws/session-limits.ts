import { checkText, readList, type Form } from "./form.ts";
import { invalidMember, refuse } from "./refusal.ts";
import type { AwsRole, Principal } from "./types.ts";

/** What is packed into a session: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export interface Packed {
  readonly tags: Readonly<Record<string, string>>;
  readonly transitive: readonly string[];
  /** Percent of the allowed size; undefined when nothing was sent. */
  readonly size: number | undefined;
}

/** Session tags and policies. Throws AwsRefusal in the service's own words. */
export function readPacked(form: Form, principal: Principal | undefined, role?: AwsRole): Packed {
  const tags = readTags(form, role);
  const transitive = readTransitive(form, tags, principal);
  const policies = readPolicies(form);
  const bytes = policies + Object.entries(tags).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const sent = policies > 0 || Object.keys(tags).length > 0;
  const size = Math.ceil(bytes / 25);
  if (size > 100) {
    refuse(
      400,
      "PackedPolicyTooLarge",
      `Packed size of session tags and policies consumes ${size}% of allotted space.`,
    );
  }
  return { tags, transitive, size: sent ? size : undefined };
}

function readTags(form: Form, role: AwsRole | undefined): Readonly<Record<string, string>> {
  const keys = readList(form, "Tags", "Key");
  const values = readList(form, "Tags", "Value");
  if (keys.length !== values.length) invalidMember("", "tags.1.member.value", "Member must not be null");
  if (keys.length > 50)
    invalidMember(`${keys.length} tags`, "tags", "Member must have length less than or equal to 50");
  keys.forEach((key, index) => {
    const at = `tags.${index + 1}.member`;
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key))
      invalidMember(
        key,
        `${at}.key`,
        "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
      );
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(values[index] ?? ""))
      invalidMember(
        values[index] ?? "",
        `${at}.value`,
        "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
      );
  });
  const lower = keys.map((key) => key.toLowerCase());
  if (new Set(lower).size !== lower.length) {
    refuse(400, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  if (keys.length > 0 && role?.tagSession === false) denied("sts:TagSession", role.name);
  return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? ""]));
}

/** A right that the trust policy does not give. */
export function denied(action: string, resource: string): never {
  return refuse(403, "AccessDenied", `User is not authorized to perform: ${action} on resource: ${resource}`);
}

function readTransitive(
  form: Form,
  tags: Readonly<Record<string, string>>,
  principal: Principal | undefined,
): readonly string[] {
  const keys = readList(form, "TransitiveTagKeys");
  const unknown = keys.find((key) => !Object.hasOwn(tags, key));
  if (unknown !== undefined) {
    refuse(400, "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.");
  }
  const inherited = Object.keys(principal?.transitiveTags ?? {}).map((key) => key.toLowerCase());
  if (Object.keys(tags).some((key) => inherited.includes(key.toLowerCase()))) {
    refuse(
      400,
      "InvalidParameterValue",
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  return keys;
}

/** Characters of all policies together. */
function readPolicies(form: Form): number {
  const policy = form["Policy"] ?? "";
  const arns = readList(form, "PolicyArns", "arn");
  checkText(form, "Policy", { min: 1, pattern: /^[\t\n\r\u0020-\u00ff]+$/ });
  if (policy !== "") checkPolicy(policy);
  if (arns.length > 10) invalidMember("policyArns", "policyArns", "Member must have length less than or equal to 10");
  const wrong = arns.find((arn) => !/^arn:[\w-]+:iam::(aws|\d{12}):policy\/\S+$/.test(arn));
  if (wrong !== undefined) refuse(400, "ValidationError", `${wrong} is invalid`);
  const size = policy.length + arns.reduce((sum, arn) => sum + arn.length, 0);
  if (policy.length > 2048) invalidMember("policy", "policy", "Member must have length less than or equal to 2048");
  return size;
}

function checkPolicy(text: string): void {
  const policy = parsed(text);
  if (typeof policy === "object" && policy !== null && "Statement" in policy) return;
  refuse(400, "MalformedPolicyDocument", "Syntax errors in policy.");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(400, "MalformedPolicyDocument", "This policy contains invalid Json");
  }
}
