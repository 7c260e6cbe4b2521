import type { Route } from "../routes.ts";
export async function pageRoutes(): Promise<readonly Route[]> {
  return [];
}
