import { Buffer } from "node:buffer";
import { Secret } from "../../crypto/secret.ts";
import { VaultFault } from "./fault.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A member that must be an object. @throws VaultFault broken */
export function objectIn(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (typeof value === "object" && value !== null) return value as Fields;
  throw missing(name);
}

/** A member that must be text. @throws VaultFault broken */
export function textIn(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw missing(name);
}

/** A member that must be a number. @throws VaultFault broken */
export function numberIn(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw missing(name);
}

/** A member that must be 32 bytes in base64. @throws VaultFault broken */
export function keyIn(fields: Fields, name: string): Secret {
  const bytes = Buffer.from(textIn(fields, name), "base64");
  if (bytes.length !== 32) throw new VaultFault("broken", `${name} in the answer is not a key of 32 bytes`);
  const key = new Secret(bytes);
  bytes.fill(0);
  return key;
}

function missing(name: string): VaultFault {
  return new VaultFault("broken", `the answer has no usable ${name}`);
}
