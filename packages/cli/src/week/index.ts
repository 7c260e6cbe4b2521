/** A week of an author's provider, as promises that the test kit's runner tries: loaded, with the engine, when it is asked for. */
import { pageOf, type Failure, type ProviderStage, type Suite } from "@rotate/testkit";
import { judge } from "./judge.ts";
import { playWeek, type PlayedWeek, type WeekHarness } from "./play.ts";
import { weekPromises, type WeekPromiseId } from "./promises.ts";

export type { WeekHarness } from "./play.ts";

/** One week is played for all promises, when the first of them is tried. */
export function weekSuite<S extends ProviderStage>(harness: WeekHarness<S>): Suite {
  let played: Promise<PlayedWeek> | undefined;
  const { provider, isLive } = harness;
  async function run(id: WeekPromiseId): Promise<Failure | undefined> {
    played ??= playWeek(harness as unknown as WeekHarness);
    try {
      const message = judge(id, await played);
      return message === undefined ? undefined : { message, stack: "" };
    } catch (error) {
      const isError = error instanceof Error;
      return {
        message: isError ? error.message : "something was thrown that is no error",
        stack: (isError && error.stack) || "",
      };
    }
  }
  const lacks: Readonly<Partial<Record<WeekPromiseId, boolean>>> = {
    "week-revoked": isLive === undefined || !("revoke" in provider || "revokeValue" in provider),
    "week-told": harness.way === undefined,
  };
  return {
    title: `provider ${provider.type} through a week`,
    promises: weekPromises.map(({ id, name, why }) => ({
      id,
      name,
      why,
      page: pageOf(id),
      applies: lacks[id] !== true,
      run: () => run(id),
    })),
  };
}
