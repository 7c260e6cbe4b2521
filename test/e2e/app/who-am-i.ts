/** The smallest consumer: reads `.env` once, logs in to the database as it says, and notes in the file `who` who it is there. */
import { appendFileSync } from "node:fs";
import { Client } from "pg";

process.loadEnvFile(".env");
const client = new Client({ connectionString: process.env["DATABASE_URL"] ?? "" });
await client.connect();
const { rows } = await client.query<{ readonly who: string }>("select current_user as who");
appendFileSync("who", `${rows[0]?.who}\n`);
await client.end();
