import type { Issued } from "./certificates.ts";
import { VaultDouble } from "./vault-double.ts";

/** What is asked of a Vault when it is made. */
export interface VaultSketch {
  /** Leave it as it is before `vault operator init`. */
  readonly uninitialised?: boolean;
  readonly tls?: { readonly server: Issued; readonly clientAuthority?: string };
}

/** How the tokens of our role live. */
export interface TokenSketch {
  /** Seconds of a lease. */
  readonly period: number;
  /** Seconds until a token ends for good; never by default. */
  readonly maxTtl?: number;
  readonly renewable?: boolean;
}

/** A Vault that the tests may do anything to: the double, or a real one. It has AppRole and transit, and no rings. */
export interface VaultUnderTest {
  readonly url: string;
  readonly roleId: string;
  readonly secretId: string;
  addRing(name: string, derived?: boolean): Promise<void>;
  rotate(name: string): Promise<void>;
  /** Allows our role to update exactly these paths. Before, it may do anything with transit. */
  allow(paths: readonly string[]): Promise<void>;
  tokens(sketch: TokenSketch): Promise<void>;
  revokeTokens(): Promise<void>;
  /** Makes the secret id that was given out void. */
  withdrawSecretId(): Promise<void>;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** Ends it. `start` brings it back on the same address with everything that it had, unsealed. */
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export type MakeVault = (sketch?: VaultSketch) => Promise<VaultUnderTest>;

/** The double, as one of those. */
export const makeVaultDouble: MakeVault = async ({ uninitialised = false, tls } = {}) => {
  const double = new VaultDouble();
  const doubleTls = tls && {
    cert: tls.server.cert,
    key: tls.server.key,
    ...(tls.clientAuthority === undefined ? {} : { clientAuthority: tls.clientAuthority }),
  };
  await double.listen(doubleTls);
  if (uninitialised) double.state = "uninitialised";
  const port = Number(new URL(double.url).port);
  const { roleId, secretId } = double;
  return {
    url: double.url,
    roleId,
    secretId,
    addRing: async (name, derived = false) => double.addRing(name, { derived }),
    rotate: async (name) => double.rings.get(name)?.rotate(),
    allow: async (paths) => void (double.policy = (path) => paths.includes(path)),
    async tokens({ period, maxTtl = 0, renewable = true }) {
      Object.assign(double, { period, maxTtl, renewable });
    },
    revokeTokens: async () => double.revokeAll(),
    withdrawSecretId: async () => void (double.secretId = "another"),
    seal: async () => void (double.state = "sealed"),
    unseal: async () => void (double.state = "ready"),
    stop: () => double.stop(),
    start: async () => void await double.listen(doubleTls, port),
    remove: () => double.stop(),
  };
};
