/** What the page is made of, as text by name. In a checkout it is made at once; the build puts what it made in the place of this module. */
export async function pageFiles(): Promise<Readonly<Record<string, string>>> {
  const { buildPage } = await import("../../scripts/page.ts");
  return buildPage();
}
