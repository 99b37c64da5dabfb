/** `describe`, `it`, `test` and `each` of vitest, as far as the tests of the areas use them: they collect the tests of a file. */

export interface CollectedTest {
  /** `file#12 group > test`: unique, and the same each time. A row of a table adds its index. */
  readonly id: string;
  readonly body: () => unknown;
}

type Declare<Body> = ((name: string, body: Body) => void) & { each: (rows: readonly unknown[]) => (name: string, body: (...row: never[]) => unknown) => void };

interface Api {
  readonly describe: Declare<() => void>;
  readonly it: Declare<() => unknown>;
  readonly test: Declare<() => unknown>;
}

export function collector(file: string): { readonly api: Api; readonly tests: readonly CollectedTest[] } {
  const tests: CollectedTest[] = [];
  let groups: readonly string[] = [];
  const test = withEach((name, body) => {
    tests.push({ id: `${file}#${String(tests.length + 1)} ${[...groups, name].join(" > ")}`, body });
  });
  const describe = withEach((name, body) => {
    const outer = groups;
    groups = [...groups, name];
    body();
    groups = outer;
  });
  return { api: { describe, it: test, test }, tests };
}

function withEach(declare: (name: string, body: () => unknown) => void): Declare<() => unknown> {
  const each: Declare<() => unknown>["each"] = (rows) => (name, body) => {
    const ofRow = body as (...row: readonly unknown[]) => unknown;
    rows.forEach((row, index) => declare(`${name} [${String(index)}]`, () => ofRow(...(Array.isArray(row) ? (row as unknown[]) : [row]))));
  };
  return Object.assign(declare, { each });
}
