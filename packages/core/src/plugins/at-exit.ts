/** What is done for every child that still runs when this process exits. One listener for all: Node warns of a leak from the eleventh on. */
const leaving = new Set<() => void>();

function leave(): void {
  for (const act of leaving) act();
}

/** @param act must not wait @returns what takes it back */
export function atExit(act: () => void): () => void {
  if (leaving.size === 0) process.on("exit", leave);
  leaving.add(act);
  return () => {
    leaving.delete(act);
    if (leaving.size === 0) process.off("exit", leave);
  };
}
