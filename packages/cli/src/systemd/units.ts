/** Units of systemd for a spec: what it needs stays open, all else is closed. Pure. */
import type { Spec } from "@rotate/core";
import { writtenPaths, sourcesIn } from "@rotate/core";
import { dirname } from "node:path";
import { daemonFlags } from "../daemon-flags.ts";

/** What a unit is made of besides the spec. */
export interface UnitOptions {
  /** The words that start rotate; absolute paths. */
  readonly program: readonly string[];
  /** The name of the units, without an ending. */
  readonly name: string;
  /** Who runs it; undefined: root. */
  readonly user: string | undefined;
  /** A timer that runs it so often, instead of the daemon: a duration as in the spec. */
  readonly every: string | undefined;
  /** `--listen` of the daemon. */
  readonly listen: string | undefined;
}

/** A file in the directory of units. */
export interface Unit {
  readonly file: string;
  readonly text: string;
}

/** By it `install` knows what it may write over. */
export const madeBy = "# Made by rotate systemd";

/** The units of a spec. */
export function unitsOf(spec: Spec, options: UnitOptions): readonly Unit[] {
  const { name, every } = options;
  const service = { file: `${name}.service`, text: serviceOf(spec, options) };
  if (every === undefined) return [service];
  return [service, { file: `${name}.timer`, text: timerOf(spec, { name, every }) }];
}

function serviceOf(spec: Spec, options: UnitOptions): string {
  const isDaemon = options.every === undefined;
  return textOf([
    [undefined, [`${madeBy}: rotate systemd print shows it, rotate systemd install writes it again.`]],
    [
      "Unit",
      [
        `Description=Short-lived credentials of ${spec.name}`,
        "Documentation=man:rotate(1)",
        "Wants=network-online.target",
        "After=network-online.target",
      ],
    ],
    [
      "Service",
      [...(isDaemon ? daemonLines(spec, options) : runLines(spec, options)), "", ...commonLines(spec, options)],
    ],
    ...(isDaemon ? ([["Install", ["WantedBy=multi-user.target"]]] as const) : []),
  ]);
}

function daemonLines(spec: Spec, { program, listen }: UnitOptions): readonly string[] {
  const words = [...asDaemon(program), "watch", "-f", spec.file, ...(listen === undefined ? [] : ["--listen", listen])];
  return [
    "Type=notify",
    "# systemd-notify speaks for it",
    "NotifyAccess=all",
    `ExecStart=${commandOf(words)}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "RestartSec=5s",
    "# a loop that hangs is started again; an issuer that is down is not",
    "WatchdogSec=5min",
    "TimeoutStartSec=2min",
    "TimeoutStopSec=2min",
  ];
}

/** The one file has them in it. */
function asDaemon([first = "", ...entry]: UnitOptions["program"]): readonly string[] {
  return [first, ...(entry.length > 0 ? daemonFlags : []), ...entry];
}

function runLines(spec: Spec, { program, every = "" }: UnitOptions): readonly string[] {
  return [
    "Type=oneshot",
    `ExecStart=${commandOf([...program, "run", "-f", spec.file, "--every", every])}`,
    "# 1 needs attention while what is held works: the unit is failed all the same, so that somebody looks",
    "TimeoutStartSec=10min",
  ];
}

function timerOf(spec: Spec, { name, every }: { readonly name: string; readonly every: string }): string {
  return textOf([
    [undefined, [`${madeBy}: rotate systemd print --timer ${every}`]],
    ["Unit", [`Description=Keeps the credentials of ${spec.name} fresh`, "Documentation=man:rotate(1)"]],
    [
      "Timer",
      ["OnBootSec=30s", `OnUnitActiveSec=${every}`, "AccuracySec=5s", "Persistent=yes", `Unit=${name}.service`],
    ],
    ["Install", ["WantedBy=timers.target"]],
  ]);
}

/** Where it may write, what it is given, and what is closed. */
function commonLines(spec: Spec, { name, user }: UnitOptions): readonly string[] {
  const written = writablePaths(spec);
  return [
    ...(user === undefined ? [] : [`User=${user}`]),
    "StateDirectory=rotate",
    "StateDirectoryMode=0700",
    "CacheDirectory=rotate",
    // One that is not there yet is no reason not to start: rotate says what is the matter.
    ...written.map((path) => `ReadWritePaths=-${quoted(path)}`),
    ...secretLines(spec, name),
    "",
    ...hardening(spec, { user, written }),
  ];
}

/** Directories of files that are written: those of a set are replaced whole, and a file by a rename beside it. */
function writablePaths(spec: Spec): readonly string[] {
  const own = spec.stateDir === undefined ? [] : [spec.stateDir];
  const all = [...new Set([...writtenPaths(spec).map((path) => dirname(path)), ...own])].toSorted();
  return all.filter((path) => !all.some((other) => path !== other && path.startsWith(`${other}/`)));
}

/** Everything of the spec in which a reference can stand, asked once for each. */
function secretLines(spec: Spec, name: string): readonly string[] {
  const trees = [
    ...[...spec.providers.values()].map(({ options }) => options),
    ...spec.rotations.flatMap(({ request, sinks, verify, reloads, health }) => [
      request,
      ...[...sinks, ...verify, ...reloads, ...health].map(({ options }) => options),
    ]),
    ...spec.notify.map(({ options }) => options),
    spec.monitor,
  ];
  const sources = sourcesIn(trees);
  const credentials = new Set(sources.flatMap((source) => ("credential" in source ? [source.credential] : [])));
  const variables = new Set(sources.flatMap((source) => ("env" in source ? [source.env] : [])));
  const file = `/etc/rotate/${name}.env`;
  return [
    ...[...credentials].map((credential) => `LoadCredential=${credential}:/etc/rotate/${credential}`),
    ...(variables.size === 0
      ? []
      : [`# ${file} (0600) has to set ${[...variables].join(", ")}`, `EnvironmentFile=${file}`]),
  ];
}

interface Hardened {
  readonly user: string | undefined;
  readonly written: readonly string[];
}

/** Node compiles as it runs, so memory stays writable and executable; /proc has the boot and the uptime, which tell time. */
function hardening(spec: Spec, { user, written }: Hardened): readonly string[] {
  const types = new Set(
    spec.rotations.flatMap(({ provider, reloads, verify, health }) =>
      [provider, ...reloads, ...verify, ...health].map(({ type }) => type),
    ),
  );
  const capabilities = user === undefined ? "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_KILL" : "";
  const homes = [spec.file, ...written].some((path) => /^\/(home|root|run\/user)(\/|$)/.test(path));
  return [
    ...(types.has("exec")
      ? ["# The commands of the spec run under the same restrictions: open what one of them needs."]
      : []),
    "NoNewPrivileges=yes",
    `CapabilityBoundingSet=${capabilities}`,
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    `ProtectHome=${homes ? "read-only" : "yes"}`,
    `PrivateTmp=${[spec.file, ...written].some((path) => path.startsWith("/tmp/")) ? "no" : "yes"}`,
    "PrivateDevices=yes",
    "PrivateMounts=yes",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    ...(types.has("signal") ? [] : ["ProtectProc=invisible"]),
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "KeyringMode=private",
    "RemoveIPC=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    ...(user === undefined ? [] : ["SystemCallFilter=~@privileged @resources"]),
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
    "LimitCORE=0",
  ];
}

/** A word of a command line in a unit (systemd.service(5), COMMAND LINES): `%` and `$` are doubled, blanks and quotes are quoted. */
function commandOf(words: readonly string[]): string {
  return words.map((word) => quoted(word).replaceAll("$", "$$$$")).join(" ");
}

function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%");
  return /^[\w@+=:,./%-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, "\\$&")}"`;
}

type Section = readonly [name: string | undefined, lines: readonly string[]];

function textOf(sections: readonly Section[]): string {
  return `${sections.map(([name, lines]) => [...(name === undefined ? [] : [`[${name}]`]), ...lines].join("\n")).join("\n\n")}\n`;
}
