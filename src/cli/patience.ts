import { S3Error } from "../errors/s3-error.ts";
import { VaultFault } from "../kms/vault/fault.ts";
import { FatalError } from "./command.ts";

/** How long an outage of the KMS is waited out between two tries, in milliseconds. A bit over a minute in all. */
const WAITS = [1000, 2000, 4000, 8000, 16_000, 32_000];

/**
 * Does something that takes the KMS, and tries again while that is away.
 * @throws FatalError when it stays away, or does not let us; whatever else `work` throws
 */
export async function patiently<T>(work: () => Promise<T>, waits: readonly number[] = WAITS): Promise<T> {
  for (const wait of waits) {
    try {
      return await work();
    } catch (thrown) {
      const cause = outage(thrown);
      if (cause === undefined) throw thrown;
      if (cause instanceof VaultFault && !cause.passes) throw fatal(cause);
      await new Promise((resolve) => void setTimeout(resolve, wait));
    }
  }
  return await work().catch((thrown) => {
    throw fatal(outage(thrown)) ?? thrown;
  });
}

/** Why there is no KMS now; `undefined` for any other error. */
function outage(thrown: unknown): unknown {
  return thrown instanceof S3Error && thrown.code === "ServiceUnavailable"
    ? thrown.cause ?? thrown
    : undefined;
}

function fatal(cause: unknown): FatalError | undefined {
  if (cause === undefined) return undefined;
  const isDenied = cause instanceof VaultFault && cause.kind === "denied";
  return new FatalError(
    `The KMS does not serve: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      hint: isDenied
        ? "Let the policy of the role update that path, and start the command again."
        : "Start the command again when the KMS is back.",
      cause,
    },
  );
}
