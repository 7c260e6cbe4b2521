import { isUnreachable } from "./database-error.ts";

interface Waiting<Task, Result> {
  readonly task: Task;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** So many go together. */
const most = 500;

/**
 * Does what is asked for while one group is under way as the next group. `work` does it all or not at all, and gives the results in their order. One that fails takes
 * no other with it: each is then done alone, except where nobody answers.
 */
export function createGroups<Task, Result>(
  work: (tasks: readonly Task[]) => Promise<readonly Result[]>,
): (task: Task) => Promise<Result> {
  let waiting: readonly Waiting<Task, Result>[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const group = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await together(group);
    }
    isRunning = false;
  }

  async function together(group: readonly Waiting<Task, Result>[]): Promise<void> {
    try {
      const results = await work(group.map(({ task }) => task));
      group.forEach(({ resolve }, at) => resolve(results[at]!));
    } catch (error) {
      if (group.length === 1 || isUnreachable(error)) for (const { reject } of group) reject(error);
      else for (const one of group) await together([one]);
    }
  }

  return (task) =>
    new Promise((resolve, reject) => {
      waiting = [...waiting, { task, resolve, reject }];
      if (isRunning) return;
      isRunning = true;
      void run();
    });
}
