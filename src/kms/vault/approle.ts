import { Secret } from "../../crypto/secret.ts";
import { numberIn, objectIn, textIn } from "./answer.ts";
import type { Connection } from "./connection.ts";
import { VaultFault } from "./fault.ts";

/** A token and how long it lasts. */
export interface Lease {
  readonly token: Secret;
  /** Milliseconds; `Infinity` for a token that does not expire. */
  readonly duration: number;
  readonly renewable: boolean;
}

/** Who we are to Vault. */
export interface AppRole {
  /** Where the auth method is mounted below `auth/`: `approle`. */
  readonly mount: string;
  readonly roleId: Secret;
  readonly secretId: Secret;
}

/** Logs in. @throws VaultFault, `login` when role id or secret id are not accepted */
export async function login(connection: Connection, { mount, roleId, secretId }: AppRole): Promise<Lease> {
  try {
    const answer = await connection.call({
      method: "PUT",
      path: `auth/${mount}/login`,
      body: { role_id: textOf(roleId), secret_id: textOf(secretId) },
    });
    return leaseIn(answer);
  } catch (thrown) {
    if (thrown instanceof VaultFault && (thrown.kind === "refused" || thrown.kind === "denied")) {
      throw new VaultFault("login", thrown.message, { cause: thrown });
    }
    throw thrown;
  }
}

/** Renews a token for another period. @throws VaultFault */
export async function renew(connection: Connection, token: Secret): Promise<Lease> {
  return leaseIn(
    await connection.call({ method: "PUT", path: "auth/token/renew-self", token, body: {} }),
  );
}

function leaseIn(answer: Readonly<Record<string, unknown>>): Lease {
  const auth = objectIn(answer, "auth");
  const seconds = numberIn(auth, "lease_duration");
  return {
    token: Secret.fromText(textIn(auth, "client_token")),
    duration: seconds === 0 ? Infinity : seconds * 1000,
    renewable: auth["renewable"] === true,
  };
}

function textOf(secret: Secret): string {
  return new TextDecoder().decode(secret.reveal());
}
