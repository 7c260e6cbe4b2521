/** A consumer of an API: reads `.env` once, and calls the API with the token that it finds there. Fails when it is not let in. */
process.loadEnvFile(".env");
const headers = { authorization: `Bearer ${process.env["TOKEN"]}` };
const answer = await fetch(process.argv[2] ?? "", { headers });
if (!answer.ok) throw new Error(`the API answered ${answer.status}`);
