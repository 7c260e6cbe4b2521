import { compose } from "./readers/compose.ts";
import { docker } from "./readers/docker.ts";
import { godotenv } from "./readers/godotenv.ts";
import { node } from "./readers/node.ts";
import { npm } from "./readers/npm.ts";
import { python } from "./readers/python.ts";
import type { Reader } from "./readers/reader.ts";
import { ruby } from "./readers/ruby.ts";
import { shell } from "./readers/shell.ts";
import { olderSystemd, systemd } from "./readers/systemd.ts";

/** Who reads the file. */
export type Dialect = (typeof dialects)[number];

/** What the option `dialect` takes. */
export const dialects = ["shell", "dotenv", "docker", "compose", "systemd"] as const;

const libraries = [node, npm, python, ruby, godotenv, compose];

/** The programs that a dialect promises to. */
const readers: Readonly<Record<Dialect, readonly Reader[]>> = {
  shell: [shell, ...libraries],
  dotenv: libraries,
  docker: [docker],
  compose: [compose],
  systemd: [systemd, olderSystemd],
};

/** Programs that take the file as well, as long as they read our own lines in it as the others do: they know neither `export` nor a comment behind a value. */
const guests: Readonly<Record<Dialect, readonly Reader[]>> = {
  shell: [systemd, olderSystemd],
  dotenv: [],
  docker: [],
  compose: [],
  systemd: [],
};

/** The readers that a file of this dialect is written for. */
export function readersOf(dialect: Dialect): readonly { readonly reader: Reader; readonly guest: boolean }[] {
  return [
    ...readers[dialect].map((reader) => ({ reader, guest: false })),
    ...guests[dialect].map((reader) => ({ reader, guest: true })),
  ];
}
