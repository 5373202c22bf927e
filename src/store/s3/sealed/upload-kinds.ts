import type { UploadId } from "../../store.ts";

const MOST = 1000;

/** Which uploads are encrypted and which are not, of those that were seen last. An upload stays what it is. */
export class UploadKinds<Kind> {
  readonly #kinds = new Map<string, Kind>();

  of(id: UploadId): Kind | undefined {
    return this.#kinds.get(nameOf(id));
  }

  remember(id: UploadId, kind: Kind): void {
    const name = nameOf(id);
    this.#kinds.delete(name);
    this.#kinds.set(name, kind);
    for (const oldest of this.#kinds.keys()) {
      if (this.#kinds.size <= MOST) break;
      this.#kinds.delete(oldest);
    }
  }
}

function nameOf({ bucket, key, uploadId }: UploadId): string {
  return `${uploadId} ${bucket}/${key}`;
}
