/** What is counted. */
type Counted = "objects" | "uploads";

/** Counts objects, and perhaps unfinished uploads, by what they have in common. `Facts` tell it, in words and in JSON. */
export class Tally<Facts extends object> {
  readonly #columns: readonly Counted[];
  readonly #rows = new Map<
    string,
    { readonly facts: Facts; readonly counts: Partial<Record<Counted, number>> }
  >();

  constructor(columns: readonly Counted[]) {
    this.#columns = columns;
  }

  add(facts: Facts, what: Counted): void {
    const name = JSON.stringify(facts);
    const nothing = Object.fromEntries(this.#columns.map((column) => [column, 0]));
    const counts: Partial<Record<Counted, number>> = this.#rows.get(name)?.counts ?? nothing;
    this.#rows.set(name, { facts, counts: { ...counts, [what]: (counts[what] ?? 0) + 1 } });
  }

  /** Whether anything of that kind was counted. */
  has(isMeant: (facts: Facts) => boolean): boolean {
    return [...this.#rows.values()].some(({ facts }) => isMeant(facts));
  }

  /** Each kind with its numbers, in the order of its words. */
  rows(words: (facts: Facts) => string): readonly (Facts & Partial<Record<Counted, number>>)[] {
    const rows = [...this.#rows.values()].map((row) => ({ ...row, text: words(row.facts) }));
    rows.sort((a, b) => a.text.localeCompare(b.text, "en", { numeric: true }));
    return rows.map(({ facts, counts }) => ({ ...facts, ...counts }));
  }

  /** The same as a table. */
  table(words: (facts: Facts) => string): string {
    const head = [...this.#columns.map((column) => column.toUpperCase()), ""];
    const rows = this.rows(words).map((
      row,
    ) => [...this.#columns.map((column) => String(row[column])), words(row)]);
    const widths = head.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0))
    );
    return [head, ...rows].map((row) => {
      const numbers = row.slice(0, -1).map((cell, column) => cell.padStart(widths[column] ?? 0));
      return `  ${[...numbers, row.at(-1)].join("  ")}`.trimEnd() + "\n";
    }).join("");
  }
}
