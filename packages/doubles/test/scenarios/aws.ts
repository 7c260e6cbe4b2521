/** What is asked of moto and of the double of an AWS account. */
import type { AwsSubject } from "./aws-world.ts";
import type { Scenario } from "./scenario.ts";

const role = "arn:aws:iam::123456789012:role/app";
const whoAmI = { Action: "GetCallerIdentity" };
const assume = { Action: "AssumeRole", RoleArn: role, RoleSessionName: "rotate-1" };

export const awsScenarios: readonly Scenario<AwsSubject>[] = [
  {
    name: "a key says whose it is, whatever its policies",
    run: async ({ ask, deployer, bare }) => {
      await ask(deployer, whoAmI, 200);
      await ask(bare, whoAmI, 200);
    },
  },
  {
    name: "a key that is unknown, or whose secret is wrong, is refused",
    run: async ({ ask, deployer }) => {
      await ask({ ...deployer, secretAccessKey: "wrong" }, whoAmI, 403);
      await ask({ ...deployer, accessKeyId: "AKIANOBODYXXXXXXXXXX" }, whoAmI, 403);
      await ask({ ...deployer, sessionToken: "none of its" }, whoAmI, 403);
    },
  },
  {
    name: "a role is assumed, and its session is somebody",
    run: async ({ ask, deployer }) => {
      const session = await ask(deployer, { ...assume, DurationSeconds: "900" }, 200);
      await ask(session, whoAmI, 200);
      await ask({ ...session, sessionToken: "wrong" }, whoAmI, 403);
      await ask({ ...session, secretAccessKey: "wrong" }, whoAmI, 403);
    },
  },
  {
    name: "a role is not assumed by one whom it does not trust, nor one that is not there",
    run: async ({ ask, bare }) => {
      await ask(bare, assume, 403);
      await ask(bare, { ...assume, RoleArn: `${role}-gone` }, 403);
    },
  },
  {
    name: "what is too long is refused",
    run: async ({ ask, deployer }) => {
      await ask(deployer, { ...assume, RoleSessionName: "r".repeat(65) }, 400);
    },
  },
  {
    // Only what is granted: moto refuses in the XML of STS what ECR itself, a JSON service, refuses with 400 and `__type`.
    name: "a registry hands its password out to who may",
    run: async ({ password, deployer }) => {
      await password(deployer, 200);
    },
  },
  {
    name: "sessions and federated users are issued to a user, and not to one who may not",
    run: async ({ ask, deployer, bare }) => {
      await ask(deployer, { Action: "GetSessionToken", DurationSeconds: "900" }, 200);
      await ask(deployer, { Action: "GetFederationToken", Name: "ann", DurationSeconds: "900" }, 200);
      await ask(bare, { Action: "GetSessionToken" }, 403);
      await ask(bare, { Action: "GetFederationToken", Name: "ann" }, 403);
    },
  },
];
