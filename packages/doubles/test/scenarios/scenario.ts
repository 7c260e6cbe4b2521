/** One list of requests, sent to a double and to the server that it stands for: their answers must be the same. */

/** What is compared of an answer, without what differs from run to run. */
export interface Answer {
  readonly asked: string;
  readonly status: number;
  readonly body: unknown;
}

/** Requests in order; each may use what earlier ones were answered. */
export interface Scenario<Subject> {
  readonly name: string;
  readonly run: (subject: Subject) => Promise<void>;
}

/** Plays a scenario and gives the answers, as `record` was told of them. */
export async function play<Subject>(
  scenario: Scenario<Subject>,
  subjectWith: (record: (answer: Answer) => void) => Subject,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  await scenario.run(subjectWith((answer) => void answers.push(answer)));
  if (answers.length === 0) throw new Error(`${scenario.name} asks nothing`);
  return answers;
}

/** How to make two answers comparable. */
export interface Comparing {
  /** Members whose values differ from run to run: their type is kept. */
  readonly volatile: ReadonlySet<string>;
  /** Members that hold a life in seconds: kept to the nearest ten. */
  readonly lives: ReadonlySet<string>;
  /** Parts of any text that differ from run to run, and what stands for them. */
  readonly parts: readonly (readonly [RegExp, string])[];
}

/** A JSON value as far as it is the same in every run. */
export function comparable(value: unknown, how: Comparing, name = ""): unknown {
  if (value !== null && how.volatile.has(name)) return Array.isArray(value) ? ["…"] : typeof value;
  if (typeof value === "number") return how.lives.has(name) ? Math.round(value / 10) * 10 : value;
  if (typeof value === "string") return how.parts.reduce((text, [part, by]) => text.replaceAll(part, by), value);
  if (Array.isArray(value)) return value.map((one) => comparable(one, how));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, comparable(one, how, key)]));
}

/** Fails when an answer has another status than the list says: a list that no server keeps proves nothing. */
export function expectStatus(asked: string, { status, text, wanted }: Status): void {
  if (status !== wanted) throw new Error(`${asked}: HTTP ${status} instead of ${wanted}: ${text}`);
}

interface Status {
  readonly status: number;
  readonly text: string;
  readonly wanted: number;
}
