import { Buffer } from "node:buffer";
import { createHash, randomBytes } from "node:crypto";

/** Shortest piece of a secret that counts as a leak, in characters of any of its spellings. */
const PIECE = 12;

/** Secrets made for one run, and the search for any trace of them in what a server lets out. */
export class MarkedSecrets {
  readonly #spellings = new Map<string, readonly string[]>();

  /** 32 random bytes whose every spelling is looked for. */
  key(name: string): Buffer {
    const bytes = randomBytes(32);
    this.#spellings.set(name, spellings(bytes));
    return bytes;
  }

  /** A password of 40 characters. */
  password(name: string): string {
    const text = `Pw-${randomBytes(30).toString("base64url").slice(0, 37)}`;
    this.#spellings.set(name, [text, ...spellings(Buffer.from(text))]);
    return text;
  }

  /** Secrets of which at least twelve characters in a row are in the output, by their names. */
  leaked(output: string | Uint8Array): string[] {
    const text = typeof output === "string" ? output : Buffer.from(output).toString("latin1");
    return [...this.#spellings].flatMap(([name, all]) =>
      all.some((spelling) => holdsPiece(text, spelling)) ? [name] : []
    );
  }
}

function holdsPiece(text: string, spelling: string): boolean {
  for (let at = 0; at + PIECE <= spelling.length; at++) {
    if (text.includes(spelling.slice(at, at + PIECE))) return true;
  }
  return false;
}

/** How bytes may come to be printed. */
function spellings(bytes: Buffer): string[] {
  return [
    bytes.toString("latin1"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    bytes.toString("hex").replace(/..(?=.)/g, "$& "),
    bytes.toString("base64"),
    bytes.toString("base64url"),
    encodeURIComponent(bytes.toString("base64")),
    JSON.stringify([...bytes]).slice(1, -1),
    [...bytes].join(", "),
  ];
}

/** The MD5 of a customer's key as a request carries it. */
export function keyMd5(key: Uint8Array): string {
  return createHash("md5").update(key).digest("base64");
}
