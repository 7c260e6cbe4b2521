export * from "./tls/index.ts";
