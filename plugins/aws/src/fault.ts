import { RotateError } from "@rotate/plugin-kit";

/** What the spec or the surroundings ask for cannot work. */
export function invalid(message: string, hint: string): RotateError {
  return new RotateError(message, { code: "INVALID", retryable: false, hint });
}

/** An answer that cannot be believed. Nothing that AWS gave before can be taken back, so its outcome counts as unknown. */
export function badAnswer(message: string): RotateError {
  const hint = "something between may have changed the answer: check the endpoint and the proxy; nothing was written";
  return new RotateError(message, { code: "BAD_ANSWER", retryable: true, hint });
}
