let made: Promise<Readonly<Record<string, string>>> | undefined;

/** What the page is made of, as text by name. In a checkout it is made when it is first asked for; the build puts what it made in the place of this module. */
export function pageFiles(): Promise<Readonly<Record<string, string>>> {
  made ??= import("../../scripts/page.ts").then(({ buildPage }) => buildPage());
  return made;
}
