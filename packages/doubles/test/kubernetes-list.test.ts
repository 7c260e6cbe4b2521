/** The double of an API server; `npm run proof:servers` asks a real one the same and compares. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubernetesScenarios, kubernetesSubject, startKubernetesDoubleWorld } from "./scenarios/kubernetes.ts";
import { play } from "./scenarios/scenario.ts";

let double: Awaited<ReturnType<typeof startKubernetesDoubleWorld>>;
beforeAll(async () => {
  double = await startKubernetesDoubleWorld();
});
afterAll(() => double.close());

test.each(kubernetesScenarios.map((scenario) => [scenario.name, scenario] as const))("%s", async (_name, scenario) => {
  expect(await play(scenario, (record) => kubernetesSubject(double, record))).not.toEqual([]);
});
