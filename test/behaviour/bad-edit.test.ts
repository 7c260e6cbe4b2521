import { expect, test } from "vitest";
import { expectRefused, openScene, specWith } from "./support.ts";

const once = ["run", "--force", "--timeout", "0s"];

interface Trap {
  readonly text: string;
  readonly sink?: string;
  readonly what: RegExp;
  readonly todo: RegExp;
}

/** Files that were written wrong, or refused only once a credential had been minted and dropped. */
const traps: Readonly<Record<string, Trap>> = {
  "ends in a backslash, to which a shell adds the new line": {
    text: "A=1\nLAST=C:\\logs\\\n",
    what: /a shell would not find TOKEN/,
    todo: /put other values that hold quotes or backslashes into single quotes/,
  },
  "has CR LF at the line of the key": {
    text: "A=1\nTOKEN=old\r\n",
    what: /a shell would take another value for TOKEN: a line of the file ends in CR LF/,
    todo: /save the file with LF/,
  },
  "holds the key twice": {
    text: "TOKEN=a\nTOKEN=b\n",
    what: /TOKEN stands twice/,
    todo: /remove one of the two lines/,
  },
};

test.each(Object.entries(traps))(
  "a file that %s is refused before anything is minted, by plan and by run",
  async (_, trap) => {
    const scene = await openScene({ spec: specWith() });
    scene.write(".env", trap.text);
    const plan = await scene.rotate(["plan"]);
    expect(plan.stdout).toMatch(trap.what);
    await expectRefused(scene, once, { exit: 1, what: trap.what, todo: trap.todo, see: "invalid" });
    expect(scene.double.mints).toHaveLength(0);
    expect(scene.env()).toBe(trap.text);
  },
);

test("a value that no quotes can hold is refused by the shape of its template, before anything is minted", async () => {
  const spec = specWith().replace('"{{ token }}"', '"it\'s {{ token }}"');
  const scene = await openScene({ spec });
  await expectRefused(scene, once, {
    exit: 1,
    what: /the value of TOKEN has a quote, dollar or backslash/,
    todo: /dialect: docker/,
    see: "invalid",
  });
  expect(scene.double.mints).toHaveLength(0);
});

test("a file sink that is given `template:` says where the content stands", async () => {
  const spec = specWith().replace(
    / {6}- \{ type: dotenv.*/,
    '      - { type: file, path: token, template: "{{ token }}" }',
  );
  const scene = await openScene({ spec });
  await expectRefused(scene, ["run"], {
    exit: 2,
    what: /unknown key \\?"template\\?"/,
    todo: /what is written stands as `values: \{ content: \\?"…\\?" \}`/,
    see: "rotate_spec_invalid",
  });
  expect(scene.double.mints).toHaveLength(0);
});
