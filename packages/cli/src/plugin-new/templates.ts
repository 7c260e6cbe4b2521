/** What `rotate plugin new` can make: by language and kind, the examples of the documentation that it starts from. */

import type { KindWord, ProgramKind } from "@rotate/core";

/** The languages, in the order of the help. */
export const languages = ["ts", "python", "bash", "go"] as const;
/** One of them. */
export type Language = (typeof languages)[number];

/** A kind that plugins by others may contribute. */
export type NewKind = KindWord<ProgramKind>;

/** The examples' names, which become the plugin's. */
const words: Readonly<Record<NewKind, string>> = {
  provider: "acme",
  sink: "shelf",
  reload: "worker",
  probe: "gate",
  notifier: "board",
};

/** Every kind. */
export const newKinds = Object.keys(words) as readonly NewKind[];

/** One kind of plugin in one language. */
export interface Template {
  /** The name that the example has wherever the plugin's shall stand. */
  readonly word: string;
  /** Paths in `docs/examples/plugins`, by the path in the new folder. The example's name in both becomes the plugin's. */
  readonly files: Readonly<Record<string, string>>;
  /** How a spec beside the folder's content names it. */
  readonly plugin: string;
  /** The commands that come next, in the new folder. */
  readonly next: readonly string[];
}

/** As the README, the help and CI run it where it is not installed. */
const rotate = "npx --package=@rotate/cli rotate";

interface Way {
  readonly kinds: readonly NewKind[];
  readonly filesOf: (word: string) => Readonly<Record<string, string>>;
  readonly plugin: (word: string) => string;
  readonly next: readonly string[];
}

function script(ending: string): Pick<Way, "filesOf" | "plugin" | "next"> {
  return {
    filesOf: (word) =>
      Object.fromEntries([`${word}.${ending}`, `${word}.harness.${ending}`].map((name) => [name, name])),
    plugin: (word) => `./${word}.${ending}`,
    next: [`${rotate} plugin test`],
  };
}

const ways: Readonly<Record<Language, Way>> = {
  ts: {
    kinds: newKinds,
    filesOf: (word) => ({
      "package.json": "typescript/package.json",
      "tsconfig.json": "typescript/tsconfig.json",
      "src/index.ts": `typescript/${word}/src/index.ts`,
      [`src/${word}.ts`]: `typescript/${word}/src/${word}.ts`,
      [`test/${word}.test.ts`]: `typescript/${word}/test/${word}.test.ts`,
      [`test/${word}.harness.ts`]: `typescript/${word}/test/${word}.harness.ts`,
      ".gitignore": "scaffold/typescript.gitignore",
    }),
    plugin: (word) => `rotate-plugin-${word}`,
    next: ["npm install", "npm test"],
  },
  python: { kinds: newKinds, ...script("py") },
  bash: { kinds: ["provider", "sink"], ...script("sh") },
  go: {
    kinds: ["provider", "sink"],
    filesOf: (word) => ({
      "go.mod": "go/go.mod",
      "wire/wire.go": "go/wire/wire.go",
      [`${word}/main.go`]: `go/${word}/main.go`,
      [`${word}.harness/main.go`]: `go/${word}.harness/main.go`,
      ".gitignore": "scaffold/go.gitignore",
    }),
    plugin: (word) => `./bin/${word}`,
    next: ["go build -o bin/ ./...", `${rotate} plugin test bin`],
  },
};

/** Which kinds there are in a language. */
export function kindsIn(language: Language): readonly NewKind[] {
  return ways[language].kinds;
}

/** @param kind one of `kindsIn(language)` */
export function templateOf(kind: NewKind, language: Language): Template {
  const { filesOf, plugin, next } = ways[language];
  const word = words[kind];
  const workflow = `scaffold/${language === "ts" ? "typescript" : language}.yaml`;
  return {
    word,
    files: { ...filesOf(word), "README.md": `scaffold/${kind}.md`, ".github/workflows/test.yml": workflow },
    plugin: plugin(word),
    next,
  };
}
