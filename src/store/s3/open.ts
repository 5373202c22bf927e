import { Backend, type BackendOptions } from "./client/backend.ts";
import { type KeyRules, keyRules } from "./encryption-headers.ts";
import { PassThroughStore } from "./pass-through-store.ts";
import { probe } from "./probe.ts";
import { GatewayStore } from "./sealed/gateway-store.ts";
import type { Store } from "../store.ts";

/** How a backend is used. */
export interface RemoteStoreOptions extends BackendOptions {
  /** Whether objects that are encrypted here are kept in MinIO's gateway layout, or everything passes through. */
  readonly encrypts: boolean;
  /** Whether keys of customers may go over plain HTTP to this very machine. */
  readonly keysOverLoopback: boolean;
}

/**
 * Another S3 server as a store.
 * @throws ProbeError when it cannot be one
 */
export async function openRemoteStore(options: RemoteStoreOptions): Promise<Store> {
  const backend = new Backend(options);
  try {
    await probe(backend);
  } catch (thrown) {
    backend.close();
    throw thrown;
  }
  const rules: KeyRules = keyRules(options.endpoint, options.keysOverLoopback);
  return options.encrypts ? new GatewayStore(backend, rules) : new PassThroughStore(backend, rules);
}
