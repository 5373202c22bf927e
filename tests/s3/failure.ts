import { S3Error } from "../../src/errors/s3-error.ts";

/** The S3Error that something throws; anything else, or nothing, fails the test. */
export async function failure(act: () => unknown): Promise<S3Error> {
  try {
    await act();
  } catch (thrown) {
    if (thrown instanceof S3Error) return thrown;
    throw thrown;
  }
  throw new Error("it did not fail");
}
