/** The double of an AWS account and moto, another's: asked the same, they answer the same. */
import { pythonProgram } from "@rotate/doubles";
import { awsSubject, startAwsDoubleWorld, startMotoWorld } from "../scenarios/aws-world.ts";
import { awsScenarios } from "../scenarios/aws.ts";
import { describeBoth } from "../scenarios/both.ts";

describeBoth({
  name: "moto",
  missing: pythonProgram("moto_server") === undefined ? "moto" : undefined,
  double: startAwsDoubleWorld,
  real: startMotoWorld,
  subject: awsSubject,
  scenarios: awsScenarios,
});
