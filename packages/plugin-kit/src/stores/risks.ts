import type { Context } from "../context.ts";

/** What a check of a store finds that is no error. */
export interface StoreRisk {
  /** `ROTATE_RISK_…`: explained in docs/errors.md. */
  readonly code: string;
  /** Static, lower case. */
  readonly message: string;
  /** Which secret. */
  readonly path: string;
  /** What helps, and who does it. */
  readonly remedy: string;
}

type Logging = Pick<Context, "log">;

/** Tells a risk: `plan` and `doctor` show it. */
export function tellRisk({ log }: Logging, { message, ...told }: StoreRisk): void {
  log.warn(message, { ...told });
}

/** The secret has a value that this rotation did not write. */
export function tellTakeOver(ctx: Logging, path: string): void {
  const remedy = "see that nobody else writes it any more";
  tellRisk(ctx, { code: "ROTATE_RISK_TAKEN_OVER", message: "takes over a secret that has a value", path, remedy });
}

/** The secret's own tags or labels name somebody else, or nobody. */
export function tellOwner(ctx: Logging, path: string, owner: string | undefined): void {
  if (owner === undefined || owner === "rotate") return;
  const remedy = `one secret can have one writer: keep it out of what ${owner} writes`;
  tellRisk(ctx, {
    code: "ROTATE_RISK_OTHER_WRITER",
    message: "somebody else says that the secret is theirs",
    path,
    remedy,
  });
}
