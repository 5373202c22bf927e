/** JSON that is not what it should be. Its message says how, without quoting what may be secret. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
}

/** Reads typed members of one JSON object. Every method throws JsonFault for a member of another type. */
export class JsonReader {
  readonly #members: Readonly<Record<string, unknown>>;

  private constructor(members: Readonly<Record<string, unknown>>) {
    this.#members = members;
  }

  static parse(text: string): JsonReader {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new JsonFault("it is not JSON");
    }
    return JsonReader.#of(value, "the document");
  }

  static #of(value: unknown, name: string): JsonReader {
    if (!isRecord(value)) throw new JsonFault(`${name} is not an object`);
    return new JsonReader(value);
  }

  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined) throw new JsonFault(`${name} is missing`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw new JsonFault(`${name} is not text`);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const text = this.text(name);
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new JsonFault(`${name} is not known`);
    return value;
  }

  integer(name: string): number {
    const value = this.optionalInteger(name);
    if (value === undefined) throw new JsonFault(`${name} is missing`);
    return value;
  }

  /** From 0 to 2^53 - 1. */
  optionalInteger(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw new JsonFault(`${name} is not a whole number`);
  }

  object(name: string): JsonReader | undefined {
    const value = this.#get(name);
    return value === undefined ? undefined : JsonReader.#of(value, name);
  }

  /** The elements of a list of objects; none when there is no list. */
  list(name: string): JsonReader[] {
    return (this.#array(name) ?? []).map((element) => JsonReader.#of(element, name));
  }

  /** A list of texts, some of which may be null. */
  optionalTextList(name: string): (string | null)[] | undefined {
    return this.#array(name)?.map((element) => {
      if (element === null || typeof element === "string") return element;
      throw new JsonFault(`${name} is not a list of texts`);
    });
  }

  /** An object all of whose members are texts. */
  optionalTexts(name: string): Record<string, string> | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!isRecord(value)) throw new JsonFault(`${name} is not an object`);
    const texts: [string, string][] = [];
    for (const [member, text] of Object.entries(value)) {
      if (typeof text !== "string") throw new JsonFault(`${name} holds something other than text`);
      texts.push([member, text]);
    }
    // From entries, so that a member called `__proto__` is a member like any other.
    return Object.fromEntries(texts);
  }

  #array(name: string): readonly unknown[] | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new JsonFault(`${name} is not a list`);
    return value;
  }

  /** MinIO's encoder writes `null` for what is not there. */
  #get(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? this.#members[name] ?? undefined : undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
