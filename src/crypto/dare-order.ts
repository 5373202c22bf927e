import type { CipherId } from "./aead.ts";
import { additionalData, type DareVersion, OVERHEAD, type PackageFrame, parseFrame } from "./dare.ts";
import * as v1 from "./dare-v1.ts";
import * as v2 from "./dare-v2.ts";
import { TamperedError, UnsupportedError } from "./errors.ts";

/** What the header of a package says, once it was found to be the one expected here. */
export interface PackageHeader {
  readonly cipher: CipherId;
  readonly nonce: Uint8Array;
  readonly additional: Uint8Array;
  /** Payload bytes, 1 to 65536. */
  readonly length: number;
  /** Bytes of the whole package. */
  readonly size: number;
  /** Whether it is marked as the last of its stream; never so in DARE 1.0. */
  readonly final: boolean;
}

/** Follows the headers of one stream and refuses every one that is not the next. */
export class PackageOrder {
  readonly #versions: readonly DareVersion[];
  #sequence: number;
  #first: { readonly frame: PackageFrame; readonly header: Uint8Array } | undefined;
  #ended = false;

  /** @param sequence number of the first package that comes */
  constructor(sequence: number, versions: readonly DareVersion[]) {
    this.#sequence = sequence;
    this.#versions = versions;
  }

  /**
   * Takes the header of the next package.
   * @param header 16 bytes
   * @throws TamperedError, UnsupportedError
   */
  next(header: Uint8Array): PackageHeader {
    const frame = parseFrame(header);
    const first = this.#first ??= { frame, header: new Uint8Array(header) };
    if (!this.#versions.includes(frame.version)) throw new UnsupportedError("unsupported version of DARE");
    if (frame.version !== first.frame.version || frame.cipher !== first.frame.cipher) {
      throw new TamperedError("version or cipher changes within a stream");
    }
    const sequence = this.#sequence++;
    if (frame.version === 0x20) {
      v2.checkHeader(header, first.header, frame.length);
      this.#ended = v2.isFinal(header);
    } else {
      v1.checkHeader(header, first.header, sequence);
    }
    return {
      cipher: frame.cipher,
      nonce: frame.version === 0x20 ? v2.packageNonce(header, sequence) : v1.packageNonce(header),
      additional: additionalData(header),
      length: frame.length,
      size: frame.length + OVERHEAD,
      final: this.#ended,
    };
  }

  /**
   * The packages stop here.
   * @param toEnd whether the last one should have come, or should not
   * @throws TamperedError when DARE 2.0 marks tell otherwise
   */
  end(toEnd: boolean): void {
    if (this.#first?.frame.version === 0x20 && this.#ended !== toEnd) {
      throw new TamperedError(toEnd ? "the last package is missing" : "the stream ends too early");
    }
  }
}
