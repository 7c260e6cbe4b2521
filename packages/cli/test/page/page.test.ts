import { causesOf, type DaemonStatus, type RotationStatus } from "@rotate/core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createDaemonScene, happened, type Scene } from "../views/support.ts";
import { launch, type Look, noBrowser, openTab, picture, type Tab, violationsOf } from "./browser.ts";
import { detailOf, fleet, tenants, twelve } from "./samples.ts";

const looks: readonly (readonly [string, Look])[] = [
  ["wide", {}],
  ["phone", { width: 390, height: 844 }],
];

const pictures: readonly {
  readonly what: string;
  readonly rows: (now: number) => readonly RotationStatus[];
  readonly path?: string;
  readonly ready?: string;
  readonly more?: (now: number) => Partial<DaemonStatus>;
  /** Where alone: of so many rows the same hundred are drawn. */
  readonly only?: string;
}[] = [
  { what: "twelve", rows: twelve },
  { what: "many", rows: (now) => tenants(400, now), only: "phone" },
  { what: "well", rows: (now) => twelve(now).slice(10) },
  { what: "five-thousand", rows: (now) => tenants(5_000, now), only: "wide" },
  { what: "fleet", rows: (now) => fleet(now).rows, more: (now) => fleet(now).more },
  { what: "lent", rows: (now) => fleet(now).rows, path: "/#/r/reports", ready: ".facts" },
  { what: "cannot-serve", rows: (now) => fleet(now).rows, path: "/#/r/edge-db@web-3", ready: ".facts" },
  { what: "pinned", rows: (now) => fleet(now).rows, path: "/#/r/mail-relay", ready: ".facts" },
  { what: "ejected", rows: twelve, path: "/#/r/php-db", ready: ".facts" },
  { what: "none", rows: () => [] },
  { what: "expired", rows: twelve, path: "/#/r/billing-db", ready: ".facts" },
  { what: "owed", rows: twelve, path: "/#/r/backstage", ready: ".facts" },
  { what: "unknown", rows: twelve, path: "/#/r/nobody" },
];

/** Types at once what is looked for: what stands in the table before anything else can happen, and how many elements were made for it. */
function typing(text: string): string {
  return `(() => {
    const create = document.createElement;
    let made = 0;
    document.createElement = (tag) => (made++, create.call(document, tag));
    const input = document.querySelector("input[type=search]");
    input.value = ${JSON.stringify(text)};
    input.dispatchEvent(new Event("input"));
    delete document.createElement;
    return { found: [...document.querySelectorAll("tbody .name a")].map((a) => a.textContent), made };
  })()`;
}

describe.skipIf(noBrowser)(`the page, in a real browser${noBrowser}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  const kept = new Map<Look, Tab>();
  /** The tab of a look, used again and again: a fresh one costs as much as all that is tried in it. */
  async function tabOf(look: Look): Promise<Tab> {
    const tab = kept.get(look) ?? (await openTab(browser, look));
    kept.set(look, tab);
    tab.forget();
    onTestFinished(async () => void (await tab.page.goto("about:blank")));
    return tab;
  }

  async function freshTab(look: Look): Promise<Tab> {
    const tab = await openTab(browser, look);
    onTestFinished(() => tab.page.context().close());
    return tab;
  }

  interface Opened {
    readonly scene: Scene;
    readonly page: Page;
    readonly complaints: readonly string[];
    readonly url: string;
    readonly change: (rotations: readonly RotationStatus[]) => void;
  }

  async function open(
    rotations: readonly RotationStatus[],
    tab: Promise<Tab> = freshTab({}),
    { path = "/", more = {} }: { readonly path?: string; readonly more?: Partial<DaemonStatus> } = {},
  ): Promise<Opened> {
    const scene = createDaemonScene({ real: true });
    let shown = rotations;
    scene.show(...rotations);
    const detail = async (name: string) => {
      const one = shown.find((row) => row.name === name);
      return one && { ...detailOf(one, scene.runtime.now()), causes: causesOf([one]) };
    };
    scene.set({ engine: { detail }, more });
    const url = await scene.listen();
    const { page, complaints } = await tab;
    await page.goto(url + path);
    await page.locator("main h1").first().waitFor();
    return {
      scene,
      page,
      complaints,
      url,
      change(next) {
        shown = next;
        scene.show(...next);
        scene.emit(happened);
      },
    };
  }

  const every = looks.flatMap(([look, how]) => pictures.map((one) => ({ ...one, look, how })));
  test.each(every.filter(({ only, look }) => only === undefined || only === look))(
    "has no fault that axe-core finds, light or dark, and breaks none of its own rules: $what, $look",
    async ({ what, rows, path = "/", ready = "h1", more = () => ({}), look, how }) => {
      const { page, complaints } = await open(rows(Date.now()), tabOf(how), { path, more: more(Date.now()) });
      await page.locator(ready).first().waitFor();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await picture(page, `${what}-${look}-${colorScheme}`);
        expect({ colorScheme, found: await violationsOf(page) }).toEqual({ colorScheme, found: [] });
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
      expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
    },
  );

  test("says first what is wrong, in words, and what to do about it", async () => {
    const { page } = await open(twelve(Date.now()));
    expect(await page.locator("h1").innerText()).toBe("billing-db has expired, 14m ago.");
    const also = "Also 1 expiring, 1 reload-owed, 1 drift, 1 orphaned, 1 foreign, 1 at-risk, 1 never.";
    expect(await page.locator(".now p").innerText()).toBe(also);
    const cause = page.locator(".cause").first();
    expect(await cause.innerText()).toContain("2 credentials · mint at vault");
    expect(await cause.innerText()).toContain("vault.internal:8200 answered 503: Vault is sealed");
    expect(await cause.locator(".do").innerText()).toBe("Do unseal Vault; rotate tries again by itself");
    await page.getByRole("button", { name: "Show these 2" }).click();
    expect(await page.locator("tbody a").allInnerTexts()).toEqual(["billing-db", "search-db"]);
    expect(await page.title()).toMatch(/^billing-db has expired, 14m ago · rotate /);
  });

  test("names the machines of a fleet, what keeps them from their work, and goes on naming them as things happen", async () => {
    const { rows, more } = fleet(Date.now());
    const { page, change } = await open(rows, freshTab({}), { more });
    const machines = page.getByRole("region", { name: "Machines" });
    expect(await machines.locator("tbody tr").allInnerTexts()).toEqual([
      expect.stringContaining("watches"),
      expect.stringContaining("takes nothing that moves: its spec is another one than the published"),
      expect.stringContaining("last heard of 31m ago"),
    ]);
    expect(await page.locator("tbody .name small").first().innerText()).toContain("on web-3");
    expect(await page.locator("h1").innerText()).toBe("2 credentials are failing, the first works for 28m more.");
    expect(await page.locator(".cause .do").first().innerText()).toContain(
      "where it is gone for good, rotate forget edge-db@web-3",
    );
    expect(await page.locator(".cause .msg").allInnerTexts()).toEqual([
      expect.stringMatching(/^its machine web-3 was last heard of at [\d-]*\s?\d\d:\d\d:\d\d$/),
      "no machine serves the label mail: start rotate watch --label mail on one",
    ]);
    expect(await page.locator("tbody .next").first().innerText()).toBe("nothing planned");
    change(rows.filter(({ name }) => name !== "reports"));
    await vi.waitFor(async () => expect(await page.locator("tbody .name a").count()).toBe(4), 10_000);
    expect(await machines.locator("tbody tr").count()).toBe(3);
  });

  test("is there at once with five thousand rotations, and finds one of them while you type", async () => {
    const rows = tenants(5_000, Date.now());
    const { page, url, change } = await open(rows);
    const asked: string[] = [];
    page.on("request", (request) => void asked.push(new URL(request.url()).pathname));
    await page.goto(`${url}/?again`);
    await page.locator("tbody tr").first().waitFor();
    expect(await page.locator("tbody tr").count()).toBe(100);
    expect(asked.filter((path) => path.startsWith("/api/v1/rotations")).length).toBeLessThanOrEqual(1);
    // As much as of four hundred, not twelve times as much.
    const drawn = await page.locator("*").count();
    change(tenants(400, Date.now()));
    await page.getByText("400 credentials", { exact: true }).waitFor();
    expect(drawn - (await page.locator("*").count())).toBeLessThan(100);
    change(rows);
    await page.getByText("5,000 credentials", { exact: true }).waitFor();
    const { found, made } = (await page.evaluate(typing("onyx-4999"))) as { found: readonly string[]; made: number };
    expect(found).toEqual(["tenant-db.onyx-4999"]);
    expect(made).toBeLessThan(100);
  });

  test("moves as things happen, says so aloud, and keeps the place of the hand", async () => {
    const rows = twelve(Date.now());
    const { page, change } = await open(rows);
    await page.getByText("live", { exact: true }).waitFor();
    await page.getByRole("link", { name: "search-db" }).last().focus();
    change(rows.map((row) => (row.name === "api-token" ? { ...row, state: "due", code: "due" } : row)));
    await vi.waitFor(async () => expect(await page.locator("#say").innerText()).toBe("api-token: due"), 10_000);
    expect(await page.evaluate("document.activeElement.textContent")).toBe("search-db");
    change(rows.filter(({ name }) => name !== "search-db"));
    await vi.waitFor(
      async () => expect(await page.locator("tbody a").allInnerTexts()).not.toContain("search-db"),
      10_000,
    );
  });

  test("is worked by keys alone, and Escape leads back to the row", async () => {
    const { page } = await open(twelve(Date.now()));
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("search-db");
    await page.keyboard.press("Enter");
    await page.locator(".facts").waitFor();
    await page.keyboard.press("Escape");
    await vi.waitFor(async () => expect(await page.evaluate("document.activeElement.textContent")).toBe("search-db"));
    await page.keyboard.press("/");
    await vi.waitFor(async () => expect(await page.evaluate("document.activeElement.type")).toBe("search"));
    await page.keyboard.type("grafana");
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.keyboard.press("Escape");
    expect(await page.locator("tbody tr").count()).toBe(12);
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    expect(await violationsOf(page)).toEqual([]);
  });

  test("shows one rotation with its life, its targets and its attempts by phase; the same failure again and again is one line", async () => {
    const { page } = await open(twelve(Date.now()), freshTab({}), { path: "/#/r/billing-db" });
    await page.locator(".facts").waitFor();
    const text = await page.locator("main").innerText();
    for (const part of [
      "dotenv /srv/app/.env: DATABASE_URL, DB_PASSWORD",
      "31 times the same since",
      "role: billing",
      "Not reached: verify",
    ])
      expect(text).toContain(part);
    expect(await page.locator("details").count()).toBe(15);
  });

  test("says that nobody answers when the daemon is gone, and comes back by itself", async () => {
    const rows = twelve(Date.now());
    const { page, url, scene } = await open(rows);
    await page.getByText("live", { exact: true }).waitFor();
    await page.route("**/api/**", (route) => route.abort());
    await page.evaluate(`document.dispatchEvent(new Event("visibilitychange"))`);
    await page.getByText("No answer from rotate since").waitFor();
    await page.unroute("**/api/**");
    await page.getByText("live", { exact: true }).waitFor({ timeout: 20_000 });
    expect(await page.locator("#alert").isVisible()).toBe(false);
    expect([url !== "", scene.logs.length > 0]).toEqual([true, true]);
  });

  test("takes nothing from elsewhere, and what a name holds stays text", async () => {
    const evil = {
      ...twelve(Date.now())[0]!,
      reason: "x",
      lastError: {
        at: new Date().toISOString(),
        code: "ROTATE_MINT_FAILED",
        message: "<img src=x onerror=alert(1)>",
        retryable: false,
        hint: "`<b>`",
      },
    };
    const asked: string[] = [];
    const { page, url } = await open([evil]);
    page.on("request", (request) => void asked.push(request.url()));
    await page.reload();
    await page.locator("tbody tr").first().waitFor();
    expect(asked.filter((one) => !one.startsWith(url))).toEqual([]);
    expect(await page.locator("main img").count()).toBe(0);
    expect(await page.locator(".msg").innerText()).toContain("<img src=x onerror=alert(1)>");
  });
});
