import { isRotateError, type RotateError } from "@rotate/plugin-kit";
import { createTestContext, secretRef } from "@rotate/testkit";
import { postgresProbe } from "../../src/postgres-probe.ts";

/** The probe's options as in a spec, without the password. */
export type ProbeOptions = Readonly<Record<string, unknown>>;

/** Runs the probe as the engine does, with its defaults filled in. */
export async function probe(options: ProbeOptions, password: string, signal?: AbortSignal): Promise<void> {
  const given = { options: { ...options, password: secretRef(password) }, schema: postgresProbe.options };
  await postgresProbe.run(createTestContext({ ...given, ...(signal && { signal }) }));
}

/** What the probe fails with. */
export async function failure(options: ProbeOptions, password: string): Promise<RotateError> {
  const error: unknown = await probe(options, password).then(
    () => new Error("the probe passed"),
    (reason: unknown) => reason,
  );
  if (!isRotateError(error)) throw error;
  return error;
}
