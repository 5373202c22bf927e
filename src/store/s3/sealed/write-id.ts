import { Buffer } from "node:buffer";
import { randomBytes } from "../../../crypto/random.ts";

/** Names one write among all others, for ever. */
export function newWriteId(): string {
  return Buffer.from(randomBytes(16)).toString("hex");
}
