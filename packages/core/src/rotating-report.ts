/** How far a process is with a rotation that it is at work on. */
export interface RotatingReport {
  /** RFC 3339. */
  readonly since: string;
  readonly phase: string;
  readonly tries: number;
  /** Who of its reload's group has the turn that it waits for. */
  readonly waitsFor?: string;
}
