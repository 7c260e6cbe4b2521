/** A key of a section as a reader finds it. */
export interface Pair {
  /** `[NAME]`; `[profile NAME]` in whatever way its name is quoted. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** The rules of one SDK that reads shared config and credentials files. */
export interface Reader {
  readonly name: string;
  /** All that it finds, in order; of a key that stands there twice the last one. Undefined when it refuses the file. */
  readonly read: (text: string) => readonly Pair[] | undefined;
}

/** botocore, configloader.py: Python's RawConfigParser, then blocks below a key without a value. The AWS command line and boto3 read by it. */
const botocore: Reader = {
  name: "botocore (boto3, the AWS command line)",
  read(text) {
    const sections = new Map<string, Map<string, string[]>>();
    let [section, option, indent]: [Map<string, string[]> | undefined, string[] | undefined, number] = [
      undefined,
      undefined,
      0,
    ];
    for (const line of text.split(/\r\n|\r|\n/)) {
      const value = /^[ \t]*[#;]/.test(line) ? "#" : line.trim();
      if (value === "") option?.push("");
      if (value === "" || value === "#") continue;
      const depth = line.search(/\S/);
      if (option !== undefined && depth > indent) {
        option.push(value);
        continue;
      }
      indent = depth;
      const header = /^\[(.+)\]/.exec(value)?.[1];
      if (header !== undefined) {
        if (sections.has(header)) return undefined;
        [section, option] = [new Map(), undefined];
        sections.set(header, section);
        continue;
      }
      const [, name = "", first = ""] = /^(.*?)\s*[=:]\s*(.*)$/.exec(value) ?? [];
      const key = name.toLowerCase();
      if (section === undefined || key === "" || section.has(key)) return undefined;
      option = [first];
      section.set(key, option);
    }
    return pairsOf(sections);
  },
};

/** Undefined where a block below a key holds a line that is no setting. */
function pairsOf(sections: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>): readonly Pair[] | undefined {
  const pairs = [...sections].flatMap(([section, options]) =>
    [...options].map(([key, lines]) => ({ section: plainHeader(section), key, value: lines.join("\n").trimEnd() })),
  );
  const blocks = pairs.filter(({ value }) => value.startsWith("\n")).flatMap(({ value }) => value.split("\n"));
  return blocks.some((line) => line.trim() !== "" && !line.includes("=")) ? undefined : pairs;
}

/** A header of the config file, its name as a shell would take it: `profile "NAME"` is `profile NAME`. */
export function plainHeader(header: string): string {
  const [, name] =
    /^profile\s+(?:"([^"]*)"|'([^']*)'|([^\s"']+))\s*$/.exec(header)?.filter((part) => part !== undefined) ?? [];
  return name === undefined ? header : `profile ${name}`;
}

/** The SDKs for JavaScript, @smithy/core, shared-ini-file-loader/parseIni.ts. */
const javascript: Reader = {
  name: "the SDK for JavaScript",
  read(text) {
    const found = new Map<string, Pair>();
    let [section, block]: [string | undefined, string | undefined] = [undefined, undefined];
    for (const line of text.split(/\r?\n/)) {
      const trimmed = (line.split(/(?:^|\s)[;#]/, 1)[0] ?? "").trim();
      if (trimmed.startsWith("[") && trimmed.endsWith("]")) {
        [section, block] = [sectionNamed(trimmed.slice(1, -1)), undefined];
        continue;
      }
      const equals = trimmed.indexOf("=");
      if (section === undefined || equals < 1) continue;
      const [name, value] = [trimmed.slice(0, equals).trim(), trimmed.slice(equals + 1).trim()];
      if (value === "") {
        block = name;
        continue;
      }
      if (line.trimStart() === line) block = undefined;
      const key = block === undefined ? name : `${block}.${name}`;
      found.set(`${section}\n${key}`, { section, key, value });
    }
    return [...found.values()];
  },
};

function sectionNamed(header: string): string | undefined {
  const [, prefix, , name] = /^([\w-]+)\s(["'])?([\w\-@+.%:/]+)\2$/.exec(header) ?? [];
  if (prefix === undefined) return header === "" ? undefined : header;
  return ["profile", "sso-session", "services"].includes(prefix) ? `${prefix} ${name}` : undefined;
}

/** Those that are held against the sink's edits. */
export const readers: readonly Reader[] = [botocore, javascript];
