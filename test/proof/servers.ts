/**
 * rotate, as it is packed, on servers that are not ours: promises and the figures that were measured. Ends with 1 when one is broken.
 * `npm run proof:servers -- [--minutes 20] [--only openbao|kubernetes]`. What it needs is brought by `npm run test:setup`, and for Kubernetes by
 * `npm run proof:servers -- --build`, which compiles it once (about 20 minutes).
 */
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "20" }, only: { type: "string" } },
});
const kept: boolean[] = [];
if (values.only !== "kubernetes") {
  const { proveOpenBao } = await import("./servers/openbao.ts");
  kept.push(await proveOpenBao(Number(values.minutes)));
}
process.exit(kept.every(Boolean) ? 0 : 1);
