/** Can the histories fail at all? A rule is switched off, and they must notice. `npm run proof:ablations` does it for every rule, in a copy of the engine. */
import { expect, test } from "vitest";
import type { MemoryState } from "../backend/memory.ts";
import type { JournalRecord } from "../../src/store/records.ts";
import { randomHistories } from "./campaign.ts";
import { runHistory } from "./history.ts";
import { optionsOf, type Past } from "./past.ts";

/** A journal that writes something else than the engine asked for. */
function journaling(change: (record: JournalRecord) => JournalRecord): (store: MemoryState) => MemoryState {
  return (store) => ({
    ...store,
    append: (rotation, { entries, ...written }) =>
      store.append(rotation, {
        ...written,
        entries: entries.map((entry) => ({ ...entry, record: change(entry.record) })),
      }),
  });
}

const forgetful = journaling((record) =>
  record.type === "mint-failed" ? { type: "mint-failed", lease: record.lease } : record,
);
const careless = journaling((record) =>
  record.type === "committing" ? { type: "phase", phase: "committing" } : record,
);

const dropped: Past = {
  story: "a sink leaves the spec, and the credential it holds is given again and does not verify",
  shape: { sinks: ["file", "remote", "blind"], consumers: 2, rollback: true, rich: { specChange: true } },
  turns: [
    ["mint", 1, "same value"],
    ["after the mint", 1, "sink dropped"],
    ["verify", 1, "fails"],
  ],
};

test("without the record that a sink may hold a lease, it is revoked there", async () => {
  await expect(runHistory(optionsOf(dropped))).resolves.toMatchObject({ quiet: true });
  await expect(runHistory({ ...optionsOf(dropped), tamper: careless })).rejects.toThrow(
    "P1 revoked while a sink holds it",
  );
});

test("when a mint without an answer is forgotten, random histories find it and are cut to the one fault that matters", async () => {
  const { found } = await randomHistories({ from: 1, count: 60 }, forgetful);
  const unknown = found.find(({ message }) => /^P4 value-\d lives and nobody knows of it$/.test(message));
  expect(unknown?.turns).toEqual([expect.objectContaining({ label: "mint", fault: "answer lost" })]);
});
