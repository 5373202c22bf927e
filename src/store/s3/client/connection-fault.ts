/** The backend cannot be reached, or broke off. */
export class ConnectionFault extends Error {
  override readonly name = "ConnectionFault";
  /** Whether any of the body had been taken from its source. */
  readonly bodyBegun: boolean;

  constructor(message: string, bodyBegun: boolean, cause?: unknown) {
    super(message, { cause });
    this.bodyBegun = bodyBegun;
  }
}
