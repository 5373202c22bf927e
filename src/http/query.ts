import { S3Error } from "../errors/s3-error.ts";
import { percentDecode } from "./percent.ts";

/** The query of a request, decoded: `+` is a space; a name without `=` has the value `""`. */
export class QueryParameters {
  readonly #pairs: readonly (readonly [string, string])[];

  constructor(pairs: readonly (readonly [string, string])[]) {
    this.#pairs = pairs;
  }

  /**
   * Decodes what stands after `?`.
   * @throws S3Error InvalidURI when an escape is broken or the bytes are not UTF-8
   */
  static parse(raw: string): QueryParameters {
    const pairs: [string, string][] = [];
    for (const piece of raw.split("&")) {
      if (piece === "") continue;
      const cut = piece.indexOf("=");
      const name = cut < 0 ? piece : piece.slice(0, cut);
      const value = cut < 0 ? "" : piece.slice(cut + 1);
      pairs.push([percentDecode(name.replaceAll("+", " ")), percentDecode(value.replaceAll("+", " "))]);
    }
    return new QueryParameters(pairs);
  }

  /**
   * The value of a parameter that may stand once.
   * @throws S3Error InvalidArgument when it is given twice
   */
  get(name: string): string | undefined {
    let found: string | undefined;
    for (const [key, value] of this.#pairs) {
      if (key !== name) continue;
      if (found !== undefined) {
        throw new S3Error("InvalidArgument", { message: `The parameter ${name} was given more than once.` });
      }
      found = value;
    }
    return found;
  }

  has(name: string): boolean {
    return this.#pairs.some(([key]) => key === name);
  }

  /** All pairs in the order sent. */
  pairs(): readonly (readonly [string, string])[] {
    return this.#pairs;
  }
}
