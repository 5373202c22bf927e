import type { Kms } from "../../../src/kms/kms.ts";
import type { StepFault } from "../../../src/kms/step.ts";

/** What a check came to: the steps that went well, and the first that did not. */
export interface Outcome {
  readonly passed: readonly string[];
  readonly failed: string | undefined;
  readonly fault: StepFault | undefined;
}

export async function checked(kms: Pick<Kms, "check">): Promise<Outcome> {
  const passed: string[] = [];
  for await (const { name, fault } of kms.check()) {
    if (fault !== undefined) return { passed, failed: name, fault };
    passed.push(name);
  }
  return { passed, failed: undefined, fault: undefined };
}
