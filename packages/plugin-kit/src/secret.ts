import { inspect } from "node:util";

const brand = Symbol.for("rotate.secret");

/**
 * Text that prints as `[secret]`, or `[secret name]` when it was given a name, wherever it is printed.
 * Plugins get theirs from `ctx.secret` and `ctx.resolve`, which also teach it to the masker.
 */
export class Secret {
  readonly #text: string;
  readonly #label: string;
  /** Lets `isSecret` recognise a Secret of another copy of the kit. */
  readonly [brand] = true;

  /** @param text the secret itself @param name what it is, for people: never the value */
  constructor(text: string, name?: string) {
    this.#text = text;
    this.#label = name === undefined ? "[secret]" : `[secret ${name}]`;
  }

  /** The text itself. Rarely needed: `http` and `exec` take a Secret as it is. */
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return this.#label;
  }
  toJSON(): string {
    return this.#label;
  }
  [inspect.custom](): string {
    return this.#label;
  }
}

/** True for a Secret of this or any other copy of the kit. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === "object" && value !== null && brand in value && "reveal" in value;
}

declare const reference: unique symbol;
/** Where a secret option is to be read. Give it to `ctx.resolve` at each use: a secret that was replaced meanwhile is then picked up. */
export interface SecretRef {
  readonly [reference]: true;
}
