import { join } from "node:path";
import type { FoundLogin, Machine } from "@rotate/plugin-kit";

/** What this machine could log in to AWS with, in the order in which SDKs look (docs.aws.amazon.com/sdkref, standardized credential providers). */
export async function loginsOf({ env, home, read }: Machine): Promise<readonly FoundLogin[]> {
  const config = env["AWS_CONFIG_FILE"] ?? join(home, ".aws/config");
  const credentials = env["AWS_SHARED_CREDENTIALS_FILE"] ?? join(home, ".aws/credentials");
  const [inConfig = "", inCredentials = "", vendor = ""] = await Promise.all(
    [config, credentials, "/sys/class/dmi/id/sys_vendor"].map(read),
  );
  const names = new Set([
    ...profilesIn(inConfig, /^(?:profile\s+(.+)|(default))$/),
    ...profilesIn(inCredentials, /^(.+)$/),
  ]);
  return [
    ...(env["AWS_ACCESS_KEY_ID"] && env["AWS_SECRET_ACCESS_KEY"]
      ? [found("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment", { source: "environment" })]
      : []),
    ...webIdentity(env),
    ...[...names].map((profile) => found(`profile ${profile} of ~/.aws`, { source: "profile", profile })),
    ...(env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] || env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
      ? [found("the role of this task or pod", { source: "container" })]
      : []),
    ...(/amazon ec2/i.test(vendor) ? [found("the role of this EC2 instance", { source: "instance" })] : []),
  ];
}

function found(label: string, credentials: Readonly<Record<string, unknown>>): FoundLogin {
  return { label, options: { credentials } };
}

function webIdentity({
  AWS_WEB_IDENTITY_TOKEN_FILE: file,
  AWS_ROLE_ARN: roleArn,
}: Machine["env"]): readonly FoundLogin[] {
  if (!file) return [];
  const role = roleArn ? { roleArn } : {};
  return [found(`the web identity in ${file}`, { source: "web-identity", token: { file }, ...role })];
}

/** Names of sections that are profiles. @param form of a section's name, the profile in one of its groups */
function profilesIn(text: string, form: RegExp): readonly string[] {
  return [...text.matchAll(/^[ \t]*\[[ \t]*([^\]\n]+?)[ \t]*\]/gm)].flatMap(([, section = ""]) => {
    const [, ...groups] = form.exec(section) ?? [];
    return groups.filter((name) => name !== undefined);
  });
}
