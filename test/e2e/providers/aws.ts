/** An AWS account with one user, whose key stands in a file as the AWS command line leaves it. */
import { createAwsDouble, type AwsDouble } from "@rotate/doubles";
import { mintCanary } from "@rotate/testkit";
import { onTestFinished } from "vitest";

const hour = 3_600_000;
const accessKeyId = "AKIAEXAMPLEDEPLOYER0";

/** The user's secret key. */
export const userKey = mintCanary("the user's secret key", { plain: true });

/** For a stage: the file that `source` reads. */
export const keyFile = `[default]
aws_access_key_id = ${accessKeyId}
aws_secret_access_key = ${userKey.text}
`;

/** For a spec: how the provider finds the key. */
export const source = "credentials: { source: profile, credentialsFile: user-key.ini, configFile: none.ini }";

/** Starts the account: the user may take the role `app`, the database user `app` has `rds_iam`. */
export async function startAccount(): Promise<AwsDouble> {
  const account = await createAwsDouble({
    users: [{ name: "deployer", accessKeyId, secretAccessKey: userKey.text }],
    roles: [{ name: "app", maxSessionDuration: hour }],
    databaseUsers: ["app"],
  });
  onTestFinished(account.close);
  return account;
}

/** From now on the user's key is unknown. */
export function deleteUserKey({ deleteKey }: AwsDouble): void {
  deleteKey(accessKeyId);
}
