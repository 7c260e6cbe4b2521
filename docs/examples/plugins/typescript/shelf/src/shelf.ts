/** Keys of the Shelf service, which keeps one JSON document with a version. */
import {
  type Context,
  defineSink,
  httpError,
  type Infer,
  readAnswer,
  reversible,
  RotateError,
  type Secret,
  type Values,
} from "@rotate/plugin-kit";

const schema = {
  type: "object",
  properties: {
    url: { type: "string", format: "uri", description: "the address of the service" },
    path: { type: "string", pattern: "^[a-z0-9/]+$", description: "which document" },
  },
  required: ["url", "path"],
} as const;

const documentSchema = {
  type: "object",
  properties: {
    version: { type: "integer" },
    values: { type: "object", properties: {}, additionalProperties: { type: "string" } },
  },
  required: ["version", "values"],
} as const;

type Ctx = Context<Infer<typeof schema>>;
type Texts = Readonly<Record<string, string | Secret>>;

interface Document {
  readonly version: number;
  readonly values: Texts;
}

function changed(hint: string, retryable: boolean): RotateError {
  return new RotateError("somebody else changed the document", { code: "CONFLICT", retryable, hint });
}

async function read({ options, http, secret }: Ctx): Promise<Document> {
  const got = await http(`${options.url}/${options.path}`);
  if (!got.ok) throw httpError("the shelf gave no document", got, { hint: "is `path` right, and may this host read it?" });
  const { version, values } = readAnswer(got, documentSchema, "is `url` that of a shelf?");
  const entries = Object.entries<string>(values);
  return { version, values: Object.fromEntries(entries.map(([key, text]) => [key, secret(text, key)])) };
}

/** Compare and swap: the version that was read, or a conflict. */
async function write({ options, http }: Ctx, { version, values }: Document): Promise<void> {
  const got = await http(`${options.url}/${options.path}`, { method: "PUT", json: { version, values } });
  if (got.status === 409) throw changed("it is tried again", true);
  if (!got.ok) throw httpError("the shelf took no document", got, { hint: "may this host write it?" });
  readAnswer(got, documentSchema, "is `url` that of a shelf?"); // a proxy's page is no success
}

function revealed(text: string | Secret | undefined): string | undefined {
  return typeof text === "object" ? text.reveal() : text;
}

/** What the document holds under the keys that are ours; undefined where there is none. */
function held({ values }: Document, keys: readonly string[]): Readonly<Record<string, Secret | string | undefined>> {
  return Object.fromEntries(keys.map((key) => [key, values[key]]));
}

function isSame(one: ReturnType<typeof held>, other: ReturnType<typeof held>): boolean {
  return Object.keys(one).every((key) => revealed(one[key]) === revealed(other[key]));
}

/** The document with these keys; one that is undefined goes. */
function withKeys(document: Document, keys: ReturnType<typeof held>): Document {
  const entries = Object.entries({ ...document.values, ...keys }).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, text] as const],
  );
  return { version: document.version, values: Object.fromEntries(entries) };
}

/** Writes keys of one document. */
export const sink = defineSink({
  type: "shelf",
  scope: "anywhere",
  options: schema,
  keys: { pattern: "[A-Z][A-Z0-9_]*", description: "upper-case words" },
  target: ({ url, path }) => `${url} document ${path}`,

  async check(ctx) {
    await read(ctx);
  },
  /** A write whose answer was lost, and which is still on its way, finds another version. */
  async fence(ctx) {
    await write(ctx, await read(ctx));
  },
  async read(keys, ctx) {
    const { values } = await read(ctx);
    const found = Object.entries(values).filter(([key]) => keys.includes(key));
    return Object.fromEntries(found) as Values;
  },
  async prepare(values, ctx) {
    const document = await read(ctx);
    const before = held(document, Object.keys(values));
    return {
      changed: !isSame(before, values),
      ...reversible<typeof ctx>({
        commit: (later) => write(later, withKeys(document, values)),
        async undo(later) {
          const now = await read(later);
          const found = held(now, Object.keys(values));
          if (isSame(found, before)) return;
          if (!isSame(found, values)) throw changed("see who else writes it", false);
          await write(later, withKeys(now, before));
        },
      }),
    };
  },
});
