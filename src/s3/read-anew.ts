import { S3Error } from "../errors/s3-error.ts";
import { ObjectReplaced } from "../store/store.ts";

/** How often an object is opened anew whose bytes others took away before they were read. */
const ATTEMPTS = 4;

/**
 * Opens and begins to read an object, anew when another write took its place in between. Only stores that cannot hold
 * bytes fast need it.
 * @throws S3Error ServiceUnavailable when it does not stay long enough to be read; whatever the attempt throws
 */
export async function readAnew<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS - 1;; left--) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(thrown instanceof ObjectReplaced)) throw thrown;
      if (left === 0) throw new S3Error("ServiceUnavailable", { cause: thrown });
    }
  }
}
