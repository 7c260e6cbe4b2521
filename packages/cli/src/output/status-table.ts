import {
  compareStanding,
  type CauseReport,
  type EndpointReport,
  type HostReport,
  type RotationStatus,
  type TroubleReport,
} from "@rotate/core";
import { renderCauses, renderTroubles } from "./cause-text.ts";
import { endpointTable } from "./endpoint-table.ts";
import { countStates, headline } from "./headline.ts";
import { type Look, toned, toneOf, wrap } from "./look.ts";
import { renderTable } from "./table.ts";
import { lifeLeft, will } from "./time.ts";

/** What the table is made of. */
export interface StatusView {
  readonly rotations: readonly RotationStatus[];
  readonly causes: readonly CauseReport[];
  readonly serve?: readonly EndpointReport[];
  /** Those that share the state. */
  readonly hosts?: readonly HostReport[];
  /** Of the running watch itself. */
  readonly troubles?: readonly TroubleReport[];
  /** Every row, however many there are. */
  readonly all: boolean;
  /** The directory of the state. */
  readonly stateDir: string;
}

/** More rows than this are not read: the worst are shown, and the rest counted. */
const mostRows = 40;
const worstRows = 12;

/** From this many columns on there is room for the provider and the life. */
const wide = 100;

/** `rotate status`: the headline, what is wrong, then a row for each rotation, worst first. */
export function renderStatus(
  { rotations, causes, serve = [], hosts = [], troubles = [], all, stateDir }: StatusView,
  look: Look,
): string {
  if (rotations.length === 0) return `no rotations\n\n${stateLine(stateDir, look)}`;
  const sorted = sortForPeople(rotations);
  const isCut = look.screen !== undefined && !all && sorted.length > mostRows;
  const shown = isCut ? sorted.slice(0, worstRows) : sorted;
  const head = headline(rotations, look);
  const told = [...renderTroubles(troubles, look), ...renderCauses(causes, look, { ends: false })];
  const text = [
    head,
    "",
    ...(told.length === 0 ? [] : [...told, ""]),
    tableOf(shown, look),
    ...(isCut ? [restLine(sorted.slice(worstRows), look)] : []),
    "",
    ...(serve.length === 0 ? [] : [endpointTable(serve, look), ""]),
    ...(hosts.length === 0 ? [] : [...hosts.map((host) => hostLine(host, look)), ""]),
    stateLine(stateDir, look),
  ].join("\n");
  const isHigh = look.screen !== undefined && text.split("\n").length >= look.screen.rows;
  return isHigh ? `${text}\n${head}` : text;
}

function hostLine({ name, labels, watches, alive, seenAt, cannotServe }: HostReport, look: Look): string {
  const how = watches ? "watches" : "runs by a timer";
  const state = alive ? how : `last heard of at ${seenAt}`;
  const unable = cannotServe === undefined ? "" : `: ${cannotServe}`;
  const told = [`machine ${name}`, ...(labels.length === 0 ? [] : [labels.join(", ")]), `${state}${unable}`].join("  ");
  const text = wrap(told, look, { rest: 4 });
  return alive && cannotServe === undefined ? look.paint("dim", text) : text;
}

/** Worst first, then by what ends soonest. */
export function sortForPeople(rotations: readonly RotationStatus[]): readonly RotationStatus[] {
  return rotations.toSorted((one, other) => compareStanding(one, other) || one.name.localeCompare(other.name, "en"));
}

/** The table alone. */
export function tableOf(rotations: readonly RotationStatus[], look: Look): string {
  const isWide = look.screen === undefined || look.screen.columns >= wide;
  const headings = [
    "CREDENTIAL",
    ...(isWide ? ["PROVIDER"] : []),
    "STATE",
    "LEFT",
    ...(isWide ? ["LIFE"] : []),
    "NEXT",
  ];
  return renderTable(
    headings,
    rotations.map((rotation) => toRow(rotation, look, isWide)),
    look.paint,
  );
}

function toRow(status: RotationStatus, look: Look, isWide: boolean): readonly string[] {
  const { name, provider, state, credential, expiresAt, nextAt, exit, lastError } = status;
  const { now } = look;
  const left = credential === undefined && expiresAt === undefined ? "-" : lifeLeft(status, now);
  const what = nextAt === undefined ? "-" : will(nextAt, now);
  return [
    middle(name, isWide || look.screen === undefined ? Infinity : 30),
    ...(isWide ? [provider] : []),
    `${toned(toneOf(state), state, look)}${status.rotating === undefined ? "" : ", rotating"}`,
    left,
    ...(isWide ? [lifeBar(status, look)] : []),
    exit !== 0 && lastError !== undefined && nextAt !== undefined ? `try ${what}` : what,
  ];
}

/** A name that is too long loses its middle: both ends tell names apart. */
function middle(name: string, width: number): string {
  if (name.length <= width) return name;
  const half = (width - 1) / 2;
  return `${name.slice(0, Math.ceil(half))}…${name.slice(name.length - Math.floor(half))}`;
}

const cells = 10;

/** How much of the life is over. */
function lifeBar({ credential, expiresAt }: RotationStatus, { now, signs }: Look): string {
  if (credential === undefined || expiresAt === undefined) return "-";
  const from = Date.parse(credential.issuedAt);
  const share = (now - from) / Math.max(1, Date.parse(expiresAt) - from);
  const percent = Math.min(100, Math.max(0, Math.floor(share * 100)));
  if (signs === "none") return `${percent}%`;
  const full = Math.round((percent / 100) * cells);
  return signs === "unicode"
    ? "━".repeat(full) + "─".repeat(cells - full)
    : "#".repeat(full) + ".".repeat(cells - full);
}

function restLine(rest: readonly RotationStatus[], look: Look): string {
  const states = countStates(rest.map(({ state }) => state));
  const dots = look.signs === "unicode" ? "…" : "...";
  return wrap(`${dots} ${rest.length} more: ${states} (all of them: rotate status --all)`, look, { rest: 2 });
}

function stateLine(stateDir: string, look: Look): string {
  return look.paint("dim", `state: ${stateDir}`);
}
