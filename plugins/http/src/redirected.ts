import { RotateError } from "@rotate/plugin-kit";

/** A webhook that leads elsewhere: what is sent there was meant for the place in the spec. */
export function redirected(origin: string, status: number): RotateError {
  const hint = "give the URL that it leads to: a redirect is never followed";
  return new RotateError(`${origin} answers with a redirect (HTTP ${status})`, {
    code: "INVALID",
    retryable: false,
    hint,
  });
}
