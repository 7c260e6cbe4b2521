/** What a week of a provider shows, as sentences: see docs/reference/contract.md. */

/** One of them. */
export interface WeekPromise {
  readonly id: string;
  readonly name: string;
  readonly why: string;
}

/** In the order in which they are told. */
export const weekPromises = [
  {
    id: "week-clock",
    name: "is tried with an issuer that goes by the clock that it is given",
    why: "The week is played in virtual time: `start` of the harness gets `now`, and all that its outside says of times it says by that. An issuer on the machine's clock lets every lease end too early or never.",
  },
  {
    id: "week-alive",
    name: "keeps a working credential with the consumer through a week of outages that leave time",
    why: "The real engine runs the provider as `rotate run` from a timer would, while its issuer is refused, busy, broken and silent for a while each day, and while the machine is off. What the consumer holds is looked at all along.",
  },
  {
    id: "week-told",
    name: "lets an outage that outlasts the credential be told before and when it ends",
    why: "A failure that the provider reports is an exit code and an alarm. One that it swallows, or that looks like a success, is an outage that nobody knows of.",
  },
  {
    id: "week-recovers",
    name: "has the consumer on a working credential again soon after the outage",
    why: "An error that says `retryable: false` of an outage, or state that the provider keeps between calls, keeps a rotation down when all is well again.",
  },
  {
    id: "week-mints",
    name: "mints no more than the life of its credentials asks for",
    why: "A life that is told too short, or an error after a mint that took effect, has credentials made and dropped all week.",
  },
  {
    id: "week-revoked",
    name: "has what was replaced revoked, so that it works no more",
    why: "What is superseded is revoked by its handle after its grace. A handle that does not say which lease it is leaves each alive to its end.",
  },
  {
    id: "week-no-leak",
    name: "leaves no secret in state and log",
    why: "Over a week handles, errors, warnings and repeated logins have been written; none of them may hold a secret.",
  },
] as const satisfies readonly WeekPromise[];

/** Of one of them. */
export type WeekPromiseId = (typeof weekPromises)[number]["id"];
