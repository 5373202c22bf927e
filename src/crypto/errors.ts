/** What sealed bytes can be refused for. No message ever holds key material or plaintext. */
export class CryptoError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Sealed data is not what was written: changed, cut, reordered, or of another object. */
export class TamperedError extends CryptoError {}

/** A sealed key does not open: wrong key, wrong object, or the sealed key was changed. These cannot be told apart. */
export class WrongKeyError extends CryptoError {}

/** A version, cipher or sealing algorithm that cannot be read here. */
export class UnsupportedError extends CryptoError {}
