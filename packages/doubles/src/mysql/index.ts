export { mysqlHome, mysqlProgram, type MysqlFlavour } from "./programs.ts";
export { startMysql, type Mysql, type MysqlOptions } from "./start.ts";
