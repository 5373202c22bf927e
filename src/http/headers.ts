/** A lower-case header name as Go writes it: `x-amz-meta-mixed-case` as `X-Amz-Meta-Mixed-Case`. */
export function canonicalName(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_match, dash: string, letter: string) => dash + letter.toUpperCase());
}

/** Request headers as they came: names without regard to case, every value kept, nothing folded or dropped. */
export class RequestHeaders {
  readonly #values = new Map<string, string[]>();

  /** Takes `name, value, name, value ...`, the form of `IncomingMessage.rawHeaders` (values in Latin-1). */
  constructor(raw: readonly string[]) {
    for (let i = 0; i + 1 < raw.length; i += 2) {
      this.#add((raw[i] ?? "").toLowerCase(), raw[i + 1] ?? "");
    }
  }

  #add(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** All values of a header joined with `,`; `undefined` when it is absent, `""` when it is there but empty. */
  get(name: string): string | undefined {
    const values = this.#values.get(name);
    return values?.length === 1 ? values[0] : values?.join(",");
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Every value that was sent under this name, in order. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Lower-case names in the order of their first appearance. */
  names(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** A copy with some headers set, replacing what was there: form fields of a POST act as headers. */
  with(extra: Readonly<Record<string, string>>): RequestHeaders {
    const copy = new RequestHeaders([]);
    for (const [name, values] of this.#values) copy.#values.set(name, values);
    for (const [name, value] of Object.entries(extra)) copy.#values.set(name.toLowerCase(), [value]);
    return copy;
  }
}
