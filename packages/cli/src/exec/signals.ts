/** The signals that a command is to get as if it had been called without us. The terminal itself sends INT and QUIT to all of its foreground. */
export interface Forwarding {
  readonly release: () => void;
}

const always = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;
const unlessTerminal = ["SIGINT", "SIGQUIT"] as const;

/** The command got it from the terminal; without a listener it would end us. */
function ignore(): void {}

/** Takes the signals from this process and hands them on. */
export function forwardSignals(
  onSignal: (signal: NodeJS.Signals) => void,
  { terminal }: { readonly terminal: boolean },
): Forwarding {
  for (const name of always) process.on(name, onSignal);
  for (const name of unlessTerminal) process.on(name, terminal ? ignore : onSignal);
  return {
    release() {
      for (const name of always) process.off(name, onSignal);
      for (const name of unlessTerminal) process.off(name, terminal ? ignore : onSignal);
    },
  };
}
