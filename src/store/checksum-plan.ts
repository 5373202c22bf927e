import type { JsonReader } from "./json-reader.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumPlan } from "./store.ts";

/** A checksum plan as our members of MinIO's documents keep it. @throws JsonFault when it is none */
export function readChecksumPlan(plan: JsonReader): ChecksumPlan {
  return {
    algorithm: plan.oneOf("algorithm", CHECKSUM_ALGORITHMS),
    type: plan.oneOf("type", ["FULL_OBJECT", "COMPOSITE"]),
  };
}
