/**
 * A daemon that is looked at: 50 clients follow its events, 1,000 connect and say nothing, 20 mean harm, all of them come back, and its credentials are rotated meanwhile.
 * `npm run proof:outside -- [--minutes 60] [--rotations 60] [--life 300]`. Ends with 1 when it grows by 20 MB or more, a rotation fails or is late, or `/livez` does not answer.
 */
import { parseArgs } from "node:util";
import { runOutside } from "./outside/campaign.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    rotations: { type: "string", default: "60" },
    life: { type: "string", default: "300" },
  },
});
const minutes = Number(values.minutes);
const megabyte = 1e6;

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

const figures = await runOutside({
  followers: 50,
  idle: 1_000,
  hostile: 20,
  seconds: minutes * 60,
  warmSeconds: Math.min(120, minutes * 12),
  rotations: Number(values.rotations),
  life: Number(values.life),
  onSample: say,
});
const growth = (figures.after - figures.before) / megabyte;
const rows: readonly (readonly [string, string, string, boolean])[] = [
  [
    "memory that it grew by",
    "< 20 MB",
    `${growth.toFixed(1)} MB (of ${Math.round(figures.before / megabyte)} MB)`,
    growth < 20,
  ],
  [
    "rotations that failed",
    "0",
    `${figures.failed} (${figures.rotated} succeeded)`,
    figures.failed === 0 && figures.rotated > 0,
  ],
  ["the least that a credential had left", "> 0.1 of its life", figures.leastLeft.toFixed(2), figures.leastLeft > 0.1],
  ["looks at `/livez` without an answer", "0", `${figures.silent} of ${figures.looks}`, figures.silent === 0],
  [
    "events heard",
    "> 0",
    `${figures.events} by ${figures.following} at a time; ${figures.sentAway} told to come back`,
    figures.events > 0,
  ],
];
process.stdout.write(`\n| ${minutes} minutes | promise | measured |\n|---|---|---|\n`);
for (const [what, promise, measured] of rows) process.stdout.write(`| ${what} | ${promise} | ${measured} |\n`);
const course = figures.course.map((range) => range.map((bytes) => Math.round(bytes / megabyte)).join(" to "));
process.stdout.write(`\nMB held in each tenth of the time: ${course.join(", ")}\n`);
if (rows.some(([, , , isKept]) => !isKept)) process.exitCode = 1;
