/** A real Chromium, when there is one on this machine. */
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";

const places = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].flatMap((name) =>
  (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, name)),
);

/** The browser's program; undefined: none is installed. */
export const program = [process.env["CHROME_PATH"] ?? "", ...places].find((path) => path !== "" && existsSync(path));

/** Why the tests of the page are skipped; empty when they are not. */
export const noBrowser = program === undefined ? ": no Chromium is installed, nor named by CHROME_PATH" : "";

/** Starts it, without anything on the screen. */
export function launch(): Promise<Browser> {
  const args = ["--disable-dev-shm-usage", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  return chromium.launch({ executablePath: program!, args });
}

export interface Look {
  readonly width?: number;
  readonly height?: number;
}

/** A tab with what it complained of: errors, refused by the policy. */
export interface Tab {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** What it complained of so far is no more. */
  readonly forget: () => void;
}

/** Opens a fresh one. */
export async function openTab(browser: Browser, { width = 1280, height = 900 }: Look = {}): Promise<Tab> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: "light",
    isMobile: width < 600,
    hasTouch: width < 600,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => void (message.type() === "error" ? complaints.push(message.text()) : 0));
  page.on("pageerror", (error) => void complaints.push(String(error)));
  return { page, complaints, forget: () => void complaints.splice(0) };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core finds against WCAG 2.2 AA and good practice, in words. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  // By the debugger: the policy of the page lets nothing of others in.
  const client = await page.context().newCDPSession(page);
  await client.send("Runtime.evaluate", { expression: `if (!globalThis.axe) {${axe}}` });
  const expression = `axe.run(document, { runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"] }).then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join(" | "))))`;
  const { result } = await client.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  return JSON.parse(String(result.value)) as readonly string[];
}

/** Keeps a picture where somebody wants to look: ROTATE_PICTURES names the folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["ROTATE_PICTURES"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
