/** Where the programs of MySQL and MariaDB are: what `npm run test:setup` brought, else what the machine has. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../servers/tools.ts";

/** One of the two. */
export type MysqlFlavour = "mysql" | "mariadb";

/** Holds an unpacked MySQL with the libraries that it needs, its loader among them: it is of a later Debian than may be here. */
export const mysqlHome: string = join(import.meta.dirname, "../../../../.cache/test-tools/mysql-9");

/** What starts the server, before its own arguments; undefined when it is nowhere on this machine. */
export function mysqlProgram(flavour: MysqlFlavour): readonly string[] | undefined {
  if (flavour === "mysql") return unpackedMysql();
  const server = findProgram("mariadbd") ?? ["/usr/sbin/mariadbd"].find(existsSync);
  const others = ["mariadb-install-db", "my_print_defaults"].map(findProgram);
  return server === undefined || others.includes(undefined) ? undefined : [server];
}

function unpackedMysql(): readonly string[] | undefined {
  if (!existsSync(join(mysqlHome, "installed"))) return undefined;
  const libraries = join(mysqlHome, "usr/lib/x86_64-linux-gnu");
  return [
    join(libraries, "ld-linux-x86-64.so.2"),
    "--library-path",
    `${libraries}:${join(libraries, "mysql/private")}`,
    join(mysqlHome, "usr/sbin/mysqld"),
    `--basedir=${join(mysqlHome, "usr")}`,
    `--lc-messages-dir=${join(mysqlHome, "usr/share/mysql")}`,
    `--character-sets-dir=${join(mysqlHome, "usr/share/mysql/charsets")}`,
    `--plugin-dir=${join(mysqlHome, "usr/lib/mysql/plugin")}`,
  ];
}
