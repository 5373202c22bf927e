/**
 * Locks by name within this process: what a backend cannot do in one step is at least not mixed with the steps of other
 * requests here. A holder must not ask for a second lock.
 */
export class KeyLocks {
  readonly #lines = new Map<string, Promise<void>>();

  /** Does the work while nobody else works under this name. */
  async hold<T>(bucket: string, key: string, work: () => Promise<T>): Promise<T> {
    const release = await this.acquire(bucket, key);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * Waits until nobody else works under this name, and keeps it so until the work has ended: it may end while this still
   * waits, when a request breaks off whose body has to be confirmed under the lock.
   */
  async holdUntil(ended: Promise<void>, bucket: string, key: string): Promise<void> {
    const release = await this.acquire(bucket, key);
    void ended.then(release);
  }

  /** Waits until nobody else works under this name. @returns what lets the next one work */
  async acquire(bucket: string, key: string): Promise<() => void> {
    const name = `${bucket}/${key}`;
    const before = this.#lines.get(name);
    let release = () => {};
    const line = new Promise<void>((resolve) => release = resolve);
    this.#lines.set(name, line);
    await before;
    return () => {
      if (this.#lines.get(name) === line) this.#lines.delete(name);
      release();
    };
  }
}
