/** Why a new lease is wanted, or the one in use lengthened. */
export type Reason =
  | "forced"
  | "first"
  | "mixed"
  | "gone"
  | "foreign"
  | "clock"
  | "spec"
  | "absent"
  | "changed"
  | "time"
  | "cadence"
  | "shared"
  | "asked"
  | "refused";
