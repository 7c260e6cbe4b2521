import { createHash } from "node:crypto";
import type { Route } from "./routes.ts";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The page and what it is made of. @param files texts by name; `index.html` is at `/` */
export function pageRoutes(files: Readonly<Record<string, string>>): readonly Route[] {
  return Object.entries(files).map(([name, text]) => {
    const type = types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const body = Buffer.from(text);
    const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
    const headers = { "cache-control": "no-cache" };
    return {
      path: name === "index.html" ? "/" : `/${name}`,
      answer: async () => ({ status: 200, type, body, etag, headers }),
    };
  });
}
