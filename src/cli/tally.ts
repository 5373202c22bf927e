/** Objects and unfinished uploads of one kind. */
interface Counts {
  objects: number;
  uploads: number;
}

/** Counts objects and unfinished uploads by what they have in common. `Facts` tell it, in words and in JSON. */
export class Tally<Facts extends object> {
  readonly #rows = new Map<string, { readonly facts: Facts; readonly counts: Counts }>();

  add(facts: Facts, what: keyof Counts): void {
    const name = JSON.stringify(facts);
    const row = this.#rows.get(name) ?? { facts, counts: { objects: 0, uploads: 0 } };
    row.counts[what]++;
    this.#rows.set(name, row);
  }

  /** Whether anything of that kind was counted. */
  has(isMeant: (facts: Facts) => boolean): boolean {
    return [...this.#rows.values()].some(({ facts }) => isMeant(facts));
  }

  /** Each kind with its numbers, by its words. */
  rows(words: (facts: Facts) => string): readonly (Facts & Counts)[] {
    const rows = [...this.#rows.values()];
    const text = new Map(rows.map((row) => [row, words(row.facts)]));
    rows.sort((a, b) => (text.get(a) ?? "").localeCompare(text.get(b) ?? "", "en", { numeric: true }));
    return rows.map(({ facts, counts }) => ({ ...facts, ...counts }));
  }

  /** The same as a table. */
  table(words: (facts: Facts) => string): string {
    const rows = this.rows(words).map((row) =>
      [String(row.objects), String(row.uploads), words(row)] as const
    );
    const head = ["OBJECTS", "UPLOADS", ""] as const;
    const width = (column: 0 | 1) => Math.max(...[head, ...rows].map((row) => row[column].length));
    return [head, ...rows].map(([objects, uploads, text]) =>
      `  ${objects.padStart(width(0))}  ${uploads.padStart(width(1))}  ${text}`.trimEnd() + "\n"
    ).join("");
  }
}
