import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { root } from "./workspace.ts";

/** Those that take longest, mostly waiting: begun last, one of them would keep a whole run from ending. By measured time. */
export const begunFirst: readonly string[] = [
  "test/plugins/new.test.ts",
  "test/plugins/typescript.test.ts",
  "packages/core/test/weeks/weeks.test.ts",
  "packages/core/test/histories/histories.test.ts",
  "test/package/every-type.test.ts",
  "packages/core/test/plugins/hostile.test.ts",
  "packages/core/test/backend/fleet.test.ts",
  "test/package/pack.test.ts",
  "test/plugins/outsiders.test.ts",
  "test/package/hosts.test.ts",
  "packages/cli/test/page/page.test.ts",
  "plugins/files/test/dotenv-readers.test.ts",
  "packages/core/test/loading/hostile.test.ts",
  "packages/core/test/engine/mints.test.ts",
  "test/plugins/week.test.ts",
  "test/e2e/lakebase.test.ts",
  "packages/cli/test/shared-state.test.ts",
  "packages/core/test/engine/killed.test.ts",
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
