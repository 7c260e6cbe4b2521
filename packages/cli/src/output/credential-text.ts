/** What `rotate credential` answers in the words of those who ask. */
import type { CurrentCredential } from "@rotate/core";
import { isRotateError } from "@rotate/plugin-kit";
import { type CredentialFormat, neededFields, printCredential, type PrintOptions } from "@rotate/plugin-kit/formats";
import { UsageError } from "../failure.ts";

/** The credential as text for standard output. Throws UsageError when it is none of that kind. */
export function credentialText(format: CredentialFormat, credential: CurrentCredential, options: PrintOptions): string {
  return asUsage(() => printCredential(format, credential, options));
}

/** The fields that a format needs; undefined: all. Throws UsageError when the credential has none for it. */
export function fieldsFor(
  format: CredentialFormat,
  described: Pick<CurrentCredential, "declared" | "name">,
  options: PrintOptions,
): readonly string[] | undefined {
  return asUsage(() => neededFields(format, described, options));
}

function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isRotateError(error) ? new UsageError(error.message, error.hint) : error;
  }
}
