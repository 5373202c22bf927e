/** Below this the collector does as well. */
const LEAST = 16 * 1024;
/** Arrays up to this size are not looked at: many have no memory of their own until they are asked for it. */
const TINY = 1024;

/**
 * Frees the memory of bytes that nobody reads any more. A collector that sees only small objects lets large buffers
 * pile up, and then every new one takes pages that are cold and have to be mapped first: that costs several times what
 * its encryption does. Only for who alone holds the bytes; small ones, and views of larger memory, are left alone.
 */
export function giveBack(bytes: Uint8Array): void {
  if (bytes.byteLength >= LEAST && bytes.byteLength === bytes.buffer.byteLength) giveBackMemory(bytes);
}

/**
 * The same for who knows that nothing else is in the memory, even where it is larger than the bytes: that of Bun's
 * deciphers has one byte too much.
 */
export function giveBackMemory(bytes: Uint8Array): void {
  if (bytes.byteLength <= TINY) return;
  const { buffer } = bytes;
  if (buffer.byteLength >= LEAST && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
