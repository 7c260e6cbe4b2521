/** That a rotation is kept elsewhere, or on its way: nobody works on it here. */
export interface Away {
  /** arriving: it is to come here, and whoever has it still works on it; leaving: it is on its way, and nobody does; left: it is there. */
  readonly step: "arriving" | "leaving" | "left";
  /** Of this move, and of no other. */
  readonly id: string;
  /** The other place, for people. */
  readonly where: string;
  readonly since: number;
}

/** Where one is that nobody works on here, after its name. */
export function awayText({ step, where }: Pick<Away, "step" | "where">): string {
  switch (step) {
    case "arriving":
      return `is on its way here from ${where}`;
    case "leaving":
      return `is on its way to ${where}`;
    case "left":
      return `was moved to ${where}`;
  }
}
