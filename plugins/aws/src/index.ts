import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { awsContainer } from "./aws-container.ts";
import { awsCredentials } from "./aws-credentials.ts";
import { awsEcr } from "./aws-ecr.ts";
import { awsImds } from "./aws-imds.ts";
import { awsRdsIam } from "./aws-rds-iam.ts";
import { awsSts } from "./aws-sts.ts";
import { awsSsmParameter } from "./store/parameter/sink.ts";
import { awsSecretsManager } from "./store/secret/sink.ts";

/** AWS: temporary credentials of STS, passwords of RDS databases and of ECR registries, profiles, secrets, parameters, and endpoints that the SDKs ask. */
const plugin: Plugin = definePlugin({
  providers: [awsSts, awsRdsIam, awsEcr],
  sinks: [awsCredentials, awsSecretsManager, awsSsmParameter],
  endpoints: [awsContainer, awsImds],
});
export default plugin;
