/** What plugins can do all the same: each has its place in docs/threat-model.md. */
export const notStopped: readonly (readonly [does: string, where: string])[] = [
  ["a program that leaves a process behind which left its group", "setsid"],
  ["a program that reads the state, the lock or another's files", "program"],
  ["a program that traces or kills rotate", "program"],
  ["a program that speaks to anybody", "program"],
  ["a program whose interpreter was replaced", "interpreter"],
  ["a package that takes memory outside of the heap", "memory"],
  ["a package that keeps a core busy until its time limit", "memory"],
  ["a package that opens connections, on Node 22 and 24", "network"],
  ["a package that hands a secret to a host that it was allowed", "misuse"],
  ["a package that breaks out of Node's permission model", "engine"],
  ["a plugin that logs a secret in an encoding of its own", "encoded"],
  ["a plugin that calls the words of the log secret", "masking"],
];
