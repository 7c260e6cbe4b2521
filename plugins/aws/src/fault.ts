import { badAnswer, type RotateError } from "@rotate/plugin-kit";

/** An answer that cannot be believed, perhaps not the next time. Nothing that AWS gave before can be taken back, so its outcome counts as unknown. */
export function strangeAnswer(message: string): RotateError {
  const hint = "something between may have changed the answer: check the endpoint and the proxy; nothing was written";
  return badAnswer(message, hint, { retryable: true });
}
