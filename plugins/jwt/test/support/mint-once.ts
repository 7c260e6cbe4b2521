/** Mints one token in a process of its own, with the key at the path given, and prints its key set. */
import { createTestContext, withDefaults } from "@rotate/testkit";
import { jwt } from "../../src/jwt.ts";

const [, , path = ""] = process.argv;
const ctx = createTestContext({ schema: jwt.options, options: { issuer: "https://issuer.test", key: { path } } });
const { fields } = await jwt.mint(withDefaults(jwt.request ?? { type: "object" }, { ttl: 3_600_000 }), ctx);
process.stdout.write(String(fields["jwks"]));
