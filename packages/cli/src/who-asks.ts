import { userInfo } from "node:os";

/** Whose process this is, for those who look back: the user, whoever became root before, and the process id. */
export function whoAsks(): string {
  const { SUDO_USER: sudo } = process.env;
  return `${sudo ?? userName()} (pid ${process.pid})`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "?"}`; // without a passwd entry
  }
}
