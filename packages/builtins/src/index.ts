export { builtins } from "./list.ts";
