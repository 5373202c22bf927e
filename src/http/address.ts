/** Where to listen. */
export interface Address {
  /** `undefined` for all interfaces. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
}

/** Text that is no address. */
export class AddressError extends Error {}

/**
 * Parses `:9000`, `0.0.0.0:9000`, `localhost:9000` or `[::1]:9000`.
 * @throws AddressError that says what is wrong with it
 */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^\s:[\]/@?#]*)):(\d+)$/.exec(text);
  if (match === null) throw new AddressError(`"${text}" is not an address.`);
  const [, bracketed, plain, digits] = match;
  const port = Number(digits);
  if (port > 65535) throw new AddressError(`"${text}" has a port above 65535.`);
  const host = bracketed ?? plain;
  return { host: host === "" ? undefined : host, port };
}
