import { invalid } from "@rotate/plugin-kit";
import { secured } from "@rotate/plugin-kit/tokens";
import type { AwsContext } from "./options.ts";

/** The services that are called, as their signatures and host names spell them. */
export type Service = "sts" | "ecr" | "secretsmanager" | "ssm";

/** Where a service is called, and for which region the call is signed. */
export interface Endpoint {
  readonly url: URL;
  readonly region: string;
}

interface Partition {
  /** Of its regions. */
  readonly prefix: string;
  readonly suffix: string;
  readonly dualstack: string;
}

/** botocore's partitions.json; the last one is every other region. */
const partitions: readonly Partition[] = [
  { prefix: "cn-", suffix: "amazonaws.com.cn", dualstack: "api.amazonwebservices.com.cn" },
  { prefix: "eusc-", suffix: "amazonaws.eu", dualstack: "api.amazonwebservices.eu" },
  { prefix: "us-iso-", suffix: "c2s.ic.gov", dualstack: "api.aws.ic.gov" },
  { prefix: "us-isob-", suffix: "sc2s.sgov.gov", dualstack: "api.aws.scloud" },
  { prefix: "eu-isoe-", suffix: "cloud.adc-e.uk", dualstack: "api.cloud-aws.adc-e.uk" },
  { prefix: "us-isof-", suffix: "csp.hci.ic.gov", dualstack: "api.aws.hci.ic.gov" },
  { prefix: "", suffix: "amazonaws.com", dualstack: "api.aws" },
];

/** The region of the spec, else of the environment, else of the profile. Throws INVALID when none is named. */
export function regionOf({ options, env }: AwsContext, ofProfile: string | undefined): string {
  const region = options.region ?? (env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || ofProfile);
  if (region) return region;
  throw invalid("no region is named", "set `region` of the provider, or AWS_REGION");
}

/**
 * The endpoint of a service: that of the spec, of AWS_ENDPOINT_URL_STS and its like, else the region's own. Throws INVALID for one that would get
 * a secret in the clear.
 */
export function endpointOf(service: Service, region: string, { options, env }: AwsContext): Endpoint {
  const signing = region === "aws-global" ? "us-east-1" : region;
  const named = options.endpoints?.[service];
  if (named !== undefined) return { url: secured(`endpoints.${service}`, named), region: signing };
  const variable = `AWS_ENDPOINT_URL_${variables[service]}`;
  const found = [variable, "AWS_ENDPOINT_URL"].find((name) => env[name]);
  if (found !== undefined) return { url: secured(found, env[found] ?? ""), region: signing };
  return { url: new URL(`https://${hostOf(service, region, options)}/`), region: signing };
}

/** botocore's service ids, as the SDKs spell them in variables. */
const variables: Readonly<Record<Service, string>> = {
  sts: "STS",
  ecr: "ECR",
  secretsmanager: "SECRETS_MANAGER",
  ssm: "SSM",
};

/** botocore's endpoint rules of each service. */
function hostOf(service: Service, region: string, { fips, dualstack }: AwsContext["options"]): string {
  if (region === "aws-global" && service === "sts") return "sts.amazonaws.com";
  const { suffix, dualstack: both } = partitions.find(({ prefix }) => region.startsWith(prefix)) ?? partitions.at(-1)!;
  const name = fips ? `${service}-fips` : service;
  if (dualstack) return `${name}.${region}.${both}`;
  if (service === "ecr") return `api.${name}.${region}.${suffix}`;
  return region.startsWith("us-gov-") && service === "sts" ? `sts.${region}.${suffix}` : `${name}.${region}.${suffix}`;
}
