import { Buffer } from "node:buffer";
import type { Secret } from "../../crypto/secret.ts";
import type { KmsContext } from "../kms.ts";
import type { Step } from "../step.ts";
import type { Connection } from "./connection.ts";
import { VaultFault } from "./fault.ts";
import { keyHint, loginHint, reachHint, sealHint } from "./hints.ts";
import type { VaultOptions } from "./options.ts";
import type { Transit } from "./transit.ts";

/** What the data key of a check is bound to. No bucket can have this name. */
export const CHECK_CONTEXT: KmsContext = { "minio-ts/check": "minio-ts/check" };

/** What is checked. */
export interface Checked {
  readonly options: VaultOptions;
  readonly connection: Connection;
  readonly transit: Transit;
  readonly logIn: () => Promise<Secret>;
}

/** What a step leaves to those after it. */
interface Found {
  health: Readonly<Record<string, unknown>>;
  token?: Secret;
  dataKey?: { readonly plaintext: Secret; readonly ciphertext: string };
}

/**
 * Walks the way that every SSE-S3 request relies on, one step at a time, and stops at the first that fails: reach Vault,
 * find it unsealed, log in, make a data key, open it again.
 */
export async function* checkVault(checked: Checked): AsyncGenerator<Step> {
  const { options: { endpoint, appRole, transitMount, keyName: ring }, transit } = checked;
  const found: Found = { health: {} };
  const steps: readonly {
    readonly name: string;
    readonly run: () => Promise<void>;
    readonly hint: (fault: VaultFault) => string;
  }[] = [
    {
      name: `reach ${endpoint.origin}`,
      run: async () => void (found.health = await health(checked.connection)),
      hint: reachHint,
    },
    { name: "find Vault unsealed", run: async () => requireUnsealed(found.health), hint: sealHint },
    {
      name: `log in at auth/${appRole.mount}`,
      run: async () => void (found.token = await checked.logIn()),
      hint: loginHint,
    },
    {
      name: `make a data key at ${transitMount}/datakey/plaintext/${ring}`,
      run: async () => {
        if (found.token) found.dataKey = await transit.dataKey(found.token, ring, CHECK_CONTEXT);
      },
      hint: (fault) => keyHint(fault, `${transitMount}/datakey/plaintext/${ring}`, transitMount, ring),
    },
    {
      name: `open it again at ${transitMount}/decrypt/${ring}`,
      run: async () => await reopen(found, transit, ring),
      hint: (fault) => keyHint(fault, `${transitMount}/decrypt/${ring}`, transitMount, ring),
    },
  ];
  for (const { name, run, hint } of steps) {
    const fault = await run().then(() => undefined, faultOf);
    yield fault === undefined
      ? { name }
      : { name, fault: { reason: reasonOf(fault, name), hint: hint(fault) } };
    if (fault !== undefined) return;
  }
}

/**
 * What Vault says of itself, with status 200 whatever state it is in. That takes no token and no policy; where something
 * in front of Vault keeps us from asking, it has been reached all the same.
 */
async function health(connection: Connection): Promise<Readonly<Record<string, unknown>>> {
  const query = "standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200&drsecondarycode=200";
  try {
    return await connection.call({ method: "GET", path: `sys/health?${query}`, outsideNamespace: true });
  } catch (thrown) {
    const isAnswer = thrown instanceof VaultFault && (thrown.kind === "denied" || thrown.kind === "refused");
    if (isAnswer && !/HTTP request to an HTTPS server/.test(thrown.message)) return {};
    throw thrown;
  }
}

function requireUnsealed({ initialized, sealed }: Readonly<Record<string, unknown>>): void {
  if (initialized === false) throw new VaultFault("sealed", "Vault is not initialised");
  if (sealed === true) throw new VaultFault("sealed", "Vault is sealed");
}

async function reopen({ token, dataKey }: Found, transit: Transit, ring: string): Promise<void> {
  if (token === undefined || dataKey === undefined) return;
  const opened = await transit.decrypt(token, ring, dataKey.ciphertext, CHECK_CONTEXT);
  if (!Buffer.from(opened.reveal()).equals(dataKey.plaintext.reveal())) {
    throw new VaultFault("broken", "Vault opened another key than it had made");
  }
}

/** Why a step failed; where it was to reach is not said twice. */
function reasonOf({ message }: VaultFault, step: string): string {
  const [place = "", ...rest] = message.split(": ");
  return rest.length > 0 && step.endsWith(` ${place}`) ? rest.join(": ") : message;
}

function faultOf(thrown: unknown): VaultFault {
  if (thrown instanceof VaultFault) return thrown;
  throw thrown;
}
