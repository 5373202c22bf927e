import { DirectorySync } from "../files/directory-sync.ts";
import { isMissing } from "./system-error.ts";

const ATTEMPTS = 3;

/**
 * Makes names in directories durable after they have changed. A change that is there but not known to be durable has to
 * be told as a failure, so what has nothing to do with the disk, such as too many open files, is tried again.
 */
export class FirmSync {
  readonly #sync = new DirectorySync();

  /** Resolves once every name that was in `directory` when this was called is durable. */
  async sync(directory: string): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#sync.sync(directory);
      } catch (thrown) {
        // The kernel reports a lost write once: asked again it would know of none.
        const lost = thrown instanceof Error && "syscall" in thrown &&
          String(thrown.syscall).endsWith("sync");
        if (lost || isMissing(thrown) || attempt === ATTEMPTS) throw thrown;
      }
    }
  }
}
