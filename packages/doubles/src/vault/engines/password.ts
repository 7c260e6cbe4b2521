import { randomBytes } from "node:crypto";

/** 20 characters with a dash in it, as the server's default policy asks for. */
export function newPassword(): string {
  return `${randomBytes(12).toString("base64url").slice(0, 9)}-${randomBytes(12).toString("base64url").slice(0, 10)}`;
}
