import { Buffer } from "node:buffer";
import { createDigester } from "../../digest/digester.ts";
import type { Digester, DigestName } from "../../digest/digest.ts";
import type { StoredChecksum } from "../store.ts";
import { foreign } from "./client/foreign.ts";
import { isMd5, type RemoteObject } from "./remote-object.ts";

const DIGESTS: Readonly<Record<StoredChecksum["algorithm"], DigestName>> = {
  CRC32: "crc32",
  CRC32C: "crc32c",
  CRC64NVME: "crc64nvme",
  SHA1: "sha1",
  SHA256: "sha256",
};

/** Compares all bytes of an object with the digest that the backend tells of it. */
export class WholeCheck {
  readonly #name: DigestName;
  readonly #expected: Buffer;
  readonly #digester: Digester;

  private constructor(name: DigestName, expected: Buffer, size: number) {
    this.#name = name;
    this.#expected = expected;
    this.#digester = createDigester([name], size);
  }

  /** `undefined` for an object of which the backend tells no digest. */
  static of(object: RemoteObject): WholeCheck | undefined {
    const { checksum, etag, size } = object;
    if (checksum?.type === "FULL_OBJECT") {
      return new WholeCheck(DIGESTS[checksum.algorithm], Buffer.from(checksum.value, "base64"), size);
    }
    return isMd5(object) ? new WholeCheck("md5", Buffer.from(etag, "hex"), size) : undefined;
  }

  /** Takes the next bytes. Returns a promise only when the caller has to wait. */
  update(chunk: Uint8Array): Promise<void> | undefined {
    return this.#digester.update(chunk);
  }

  /** @throws S3Error InternalError when the bytes are not those of the digest */
  async finish(): Promise<void> {
    const digests = await this.#digester.finish();
    if (this.#expected.equals(digests.get(this.#name) ?? new Uint8Array(0))) return;
    throw foreign(`bytes that are not those of their ${this.#name}`);
  }

  /** Frees what it holds. */
  abandon(): void {
    this.#digester.abandon();
  }
}
