import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { root } from "./workspace.ts";

/** Those that take twenty seconds and more: begun last, one of them would keep a whole run from ending. By measured time, and those that wait beside those that compute. */
export const begunFirst: readonly string[] = [
  "test/plugins/new.test.ts",
  "packages/core/test/weeks/weeks.test.ts",
  "packages/cli/test/page/page.test.ts",
  "test/e2e/shared/move.test.ts",
  "test/plugins/typescript.test.ts",
  "packages/core/test/plugins/hostile.test.ts",
  "test/package/pack.test.ts",
  "packages/core/test/histories/histories.test.ts",
  "packages/cli/test/views/besieged.test.ts",
  "packages/cli/test/views/told.test.ts",
  "test/plugins/outsiders.test.ts",
  "test/package/hosts.test.ts",
  "packages/core/test/loading/hostile.test.ts",
  "packages/doubles/test/aws/double.test.ts",
  "test/package/every-type.test.ts",
  "test/plugins/week.test.ts",
  "test/e2e/databases.test.ts",
  "plugins/files/test/dotenv-readers.test.ts",
  "test/behaviour/bad-mint.test.ts",
  "plugins/kubernetes/test/contract.test.ts",
  "test/plugins/tutorial.test.ts",
  "test/e2e/lakebase.test.ts",
  "packages/cli/test/control.test.ts",
  "packages/core/test/plugins/packages.test.ts",
  "test/e2e/rolling.test.ts",
  "plugins/postgres/test/user-standby.test.ts",
  "plugins/mysql/test/tls.test.ts",
  "packages/core/test/fleet/ways.test.ts",
];

function rankOf({ moduleId }: TestSpecification): number {
  const index = begunFirst.indexOf(relative(root, moduleId));
  return index === -1 ? begunFirst.length : index;
}

/** The usual order, behind the slow ones. Vitest wants a class here. */
export default class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort.call(this, files);
    return usual.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
