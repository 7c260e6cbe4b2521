/** The local targets of the links of a page, without their anchors; what stands in code is none. */
export function linksIn(page: string): readonly string[] {
  const text = page.replaceAll(/```[\s\S]*?```/g, "");
  const targets = [...text.matchAll(/\]\(([^)#\s]+)(#[^)\s]*)?\)/g)].map((match) => match[1] ?? "");
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}
