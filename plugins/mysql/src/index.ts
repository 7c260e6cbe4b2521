import { definePlugin, type Plugin } from "@rotate/plugin-kit";
import { mariadbUser } from "./mariadb-user.ts";
import { mysqlUser } from "./mysql-user.ts";

/** MySQL and MariaDB: users of their own. */
const plugin: Plugin = definePlugin({ providers: [mysqlUser, mariadbUser] });
export default plugin;
