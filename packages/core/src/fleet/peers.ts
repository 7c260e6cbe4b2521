/** The machines of a fleet: who is there, how stands what only they rotate, and what they are asked. */
import { sleepOrWake } from "@rotate/runtime";
import { EngineError } from "../engine-error.ts";
import type { Answer, AskedQuestion, PeerLook, Peers } from "../backend/peers.ts";
import type { HostReport } from "../host-report.ts";
import type { RotationStatus } from "../report.ts";
import type { Database, Row } from "./database.ts";
import type { Reply, Requests } from "./requests.ts";
import type { Rows } from "./rows.ts";

/** One that goes on says so every ten seconds; one that is run by a timer, once in a while. */
const silence = { watches: "60 s", runs: "1 day" } as const;

/** Between two looks for an answer, ms. */
const pause = 250;

/** What it is made of. */
export interface PeerParts extends Rows {
  readonly database: Database;
  /** Opened with the queue. */
  readonly requests: () => Promise<Requests>;
  readonly host: string;
  readonly labels: readonly string[];
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** The hash of the spec that this process works by. */
  readonly published: () => string | undefined;
}

/** The machines that share this state. */
export function createPeers(parts: PeerParts): Peers {
  const { database, requests, host, labels, sleep, spec } = parts;
  const { own } = parts.schemas;
  const told = new Map<string, string>();
  let slot: number | undefined;

  async function slotOf(name: string): Promise<number | undefined> {
    const [row] = await database.query(`select slot from ${own}.host where spec = $1 and id = $2`, [spec, name]);
    return row === undefined ? undefined : Number(row["slot"]);
  }

  async function refuseGone(name: string): Promise<number> {
    const found = (await hostsOf(parts)).find((each) => each.name === name);
    const at = await slotOf(name);
    if (found?.alive === true && found.watches && at !== undefined) return at;
    throw gone(name, found);
  }

  return {
    host,
    labels,
    async announce({ version, watches, cannotServe }) {
      const [row] = await database.query(
        `insert into ${own}.host (spec, id, name, version, spec_hash, labels, watches, cannot_serve) values ($1, $2, $2, $3, $4, $5, $6, $7)
         on conflict (spec, id) do update set version = excluded.version, spec_hash = excluded.spec_hash, labels = excluded.labels,
           watches = excluded.watches or (host.watches and host.seen_at > now() - interval '${silence.watches}'), cannot_serve = excluded.cannot_serve, seen_at = now() returning slot`,
        [spec, host, version, parts.published() ?? null, labels, watches, cannotServe ?? null],
      );
      slot = Number(row!["slot"]);
    },
    async leave() {
      await database.query(
        `delete from ${own}.host h where spec = $1 and id = $2 and not exists (select from ${own}.mirror m where m.spec = h.spec and m.host = h.id)`,
        [spec, host],
      );
    },
    async mirror(statuses) {
      const texts = statuses.map((status) => [status.name, JSON.stringify(status)] as const);
      const fresh = texts.filter(([name, text]) => told.get(name) !== text);
      if (told.size === 0 || texts.length !== told.size || fresh.length > 0) await writeMirror(parts, texts, fresh);
      told.clear();
      for (const [name, text] of texts) told.set(name, text);
    },
    look: () => lookAt(parts),
    async forget(name, rotation) {
      await database.query(`delete from ${own}.mirror where spec = $1 and host = $2 and rotation = $3`, [
        spec,
        name,
        rotation,
      ]);
    },
    async ask(name, question, signal) {
      const to = await refuseGone(name);
      const { send, answerTo, drop } = await requests();
      const id = await send(to, question);
      try {
        for (;;) {
          const answer = await answerTo(id);
          if (answer !== undefined) return answerOf(answer);
          if (signal.aborted) throw gaveUp(name);
          await sleepOrWake({ sleep }, pause, signal);
          await refuseGone(name);
        }
      } finally {
        await drop(id);
      }
    },
    async asked() {
      slot ??= await slotOf(host);
      if (slot === undefined) return [];
      const { take } = await requests();
      return (await take(slot)).map(({ question, end }): AskedQuestion => ({
        question,
        answer: async (work) => end(await replyOf(work)),
      }));
    },
  };
}

async function replyOf(work: () => Promise<Answer>): Promise<Reply> {
  try {
    return { report: await work() };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const { code, message, exitCode, hint } = error;
    return { error: { code, message, exitCode, hint } };
  }
}

function answerOf({ report, error }: Reply): Answer {
  if (report !== undefined) return report;
  const { message = "it gave no answer", code = "ROTATE_INTERNAL", exitCode = 6, hint } = error ?? {};
  throw new EngineError(message, { code, exitCode, ...(hint !== undefined && { hint }) });
}

async function writeMirror(
  { database, schemas: { own }, spec, host }: PeerParts,
  all: readonly (readonly [name: string, text: string])[],
  fresh: readonly (readonly [name: string, text: string])[],
): Promise<void> {
  await database.transaction(async ({ query }) => {
    await query(`delete from ${own}.mirror where spec = $1 and host = $2 and rotation <> all ($3::text[])`, [
      spec,
      host,
      all.map(([name]) => name),
    ]);
    await query(
      `insert into ${own}.mirror (spec, host, rotation, status) select $1, $2, i.* from unnest($3::text[], $4::json[]) as i
       on conflict (spec, host, rotation) do update set status = excluded.status`,
      [spec, host, fresh.map(([name]) => name), fresh.map(([, text]) => text)],
    );
  });
}

async function hostsOf({ database, schemas: { own }, spec }: PeerParts): Promise<readonly HostReport[]> {
  const rows = await database.query(
    `select id, version, labels, watches, cannot_serve, seen_at,
       seen_at > now() - case when watches then interval '${silence.watches}' else interval '${silence.runs}' end as alive
     from ${own}.host h where spec = $1 and (seen_at > now() - interval '${silence.runs}' or exists (select from ${own}.mirror m where m.spec = h.spec and m.host = h.id))
     order by id`,
    [spec],
  );
  return rows.map(hostIn);
}

function hostIn(row: Row): HostReport {
  const why = row["cannot_serve"];
  return {
    name: String(row["id"]),
    version: String(row["version"]),
    labels: row["labels"] as readonly string[],
    watches: row["watches"] === true,
    alive: row["alive"] === true,
    seenAt: (row["seen_at"] as Date).toISOString(),
    ...(typeof why === "string" && { cannotServe: why }),
  };
}

async function lookAt(parts: PeerParts): Promise<PeerLook> {
  const { database, schemas, spec, host } = parts;
  const hosts = await hostsOf(parts);
  const byName = new Map(hosts.map((each) => [each.name, each]));
  const rows = await database.query(
    `select host, status from ${schemas.own}.mirror where spec = $1 and host <> $2 order by host, rotation`,
    [spec, host],
  );
  return {
    hosts,
    pinned: rows.flatMap((row) => {
      const of = byName.get(String(row["host"]));
      return of === undefined ? [] : [{ host: of, status: row["status"] as RotationStatus }];
    }),
  };
}

function gone(name: string, found: HostReport | undefined): EngineError {
  const seen = found === undefined ? "it was never heard of" : `it was last heard of at ${found.seenAt}`;
  return new EngineError(`the machine ${name} does not answer: ${seen}`, {
    code: "ROTATE_HOST_GONE",
    exitCode: 6,
    hint: "a machine is asked through its `rotate watch`: is it running there, with this spec, and `ROTATE_HOST` or the host name as the spec has it?",
  });
}

function gaveUp(name: string): EngineError {
  return new EngineError(`the machine ${name} has not answered yet`, {
    code: "ROTATE_HOST_SILENT",
    exitCode: 6,
    hint: "what it has begun it finishes: `rotate status` tells",
  });
}
