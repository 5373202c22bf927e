/** Where to listen. */
export interface Address {
  /** `undefined` for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/**
 * Parses `:9000`, `0.0.0.0:9000`, `localhost:9000` or `[::1]:9000`.
 * @throws Error that says what an address looks like
 */
export function parseAddress(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:\[\]/]*)):(\d{1,5})$/.exec(text) ??
    [];
  const port = Number(digits);
  if (digits === undefined || port > 65535) {
    throw new Error(`"${text}" is not an address. Write it as :9000, 192.0.2.1:9000 or [::1]:9000.`);
  }
  const host = bracketed ?? plain;
  return { host: host === "" ? undefined : host, port };
}
