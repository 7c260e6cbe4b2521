/**
 * rotate, as it is packed, on servers that are not ours: promises and the figures that were measured. Ends with 1 when one is broken.
 * `npm run proof:servers -- [--minutes 20] [--only openbao|kubernetes]`. What it needs is brought by `npm run test:setup`, and for Kubernetes by
 * `npm run proof:servers -- --build`, which compiles it once (about 20 minutes).
 */
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "20" }, only: { type: "string" }, build: { type: "boolean" } },
});
const { compile, lacking } = await import("./servers/compiled.ts");
if (values.build) {
  compile();
  process.exit(0);
}
const kept: boolean[] = [];
if (values.only !== "kubernetes") {
  const { proveOpenBao } = await import("./servers/openbao.ts");
  kept.push(await proveOpenBao(Number(values.minutes)));
}
if (values.only !== "openbao") {
  if (lacking().length > 0) throw new Error(`not compiled: ${lacking().join(", ")}; npm run proof:servers -- --build`);
  const { proveKubernetes } = await import("./servers/kubernetes.ts");
  kept.push(await proveKubernetes());
}
process.exit(kept.every(Boolean) ? 0 : 1);
