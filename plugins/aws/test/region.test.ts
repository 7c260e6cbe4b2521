import { expect, test } from "vitest";
import { endpointOf, type Service } from "../src/region.ts";
import type { AwsContext } from "../src/options.ts";
import { contextOf } from "./support/call.ts";

function hostOf(service: Service, region: string, options: object, env = {}): string {
  const ctx = contextOf({ double: { url: "" }, env, options: { ...options, endpoints: undefined } });
  return endpointOf(service, region, ctx as AwsContext).url.host;
}

/** As botocore 1.43 resolves them: service, region, FIPS, dual stack. */
test.each<[Service, string, boolean, boolean, string]>([
  ["sts", "eu-central-1", false, false, "sts.eu-central-1.amazonaws.com"],
  ["sts", "us-east-1", true, false, "sts-fips.us-east-1.amazonaws.com"],
  ["sts", "us-east-1", false, true, "sts.us-east-1.api.aws"],
  ["sts", "us-east-1", true, true, "sts-fips.us-east-1.api.aws"],
  ["sts", "cn-north-1", false, false, "sts.cn-north-1.amazonaws.com.cn"],
  ["sts", "us-gov-west-1", true, false, "sts.us-gov-west-1.amazonaws.com"],
  ["sts", "us-gov-west-1", true, true, "sts-fips.us-gov-west-1.api.aws"],
  ["sts", "us-isob-east-1", false, false, "sts.us-isob-east-1.sc2s.sgov.gov"],
  ["sts", "eusc-de-east-1", false, true, "sts.eusc-de-east-1.api.amazonwebservices.eu"],
  ["sts", "aws-global", false, false, "sts.amazonaws.com"],
  ["ecr", "us-east-1", false, false, "api.ecr.us-east-1.amazonaws.com"],
  ["ecr", "us-east-1", true, false, "api.ecr-fips.us-east-1.amazonaws.com"],
  ["ecr", "us-east-1", true, true, "ecr-fips.us-east-1.api.aws"],
  ["ecr", "cn-north-1", false, true, "ecr.cn-north-1.api.amazonwebservices.com.cn"],
])("%s in %s (FIPS %s, dual stack %s) is %s", (service, region, fips, dualstack, host) => {
  expect(hostOf(service, region, { fips, dualstack })).toBe(host);
});

test("AWS_ENDPOINT_URL_STS goes before AWS_ENDPOINT_URL, and the old global endpoint signs for us-east-1", () => {
  const env = { AWS_ENDPOINT_URL: "https://all.example.com", AWS_ENDPOINT_URL_STS: "https://sts.example.com" };
  expect(hostOf("sts", "eu-west-1", {}, env)).toBe("sts.example.com");
  expect(hostOf("ecr", "eu-west-1", {}, env)).toBe("all.example.com");
  const ctx = contextOf({ double: { url: "" }, options: { endpoints: undefined } });
  expect(endpointOf("sts", "aws-global", ctx as AwsContext).region).toBe("us-east-1");
});
