/** A process that owns a server: says where it is, then waits to be killed. */
import { startPostgres } from "../../src/postgres/index.ts";

const { socketDirectory, port } = await startPostgres();
process.send?.({ socketDirectory, port });
