/**
 * The same bytes, the last of them only after the body has ended well and `confirmed` resolved. A request that sends
 * them is not complete before, so a backend keeps nothing of one that fails.
 * @throws Error when there are not `length` bytes, and whatever body and `confirmed` throw
 */
export async function* heldBack(
  body: AsyncIterable<Uint8Array>,
  length: number,
  confirmed: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array | undefined;
  let passed = 0;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    passed += chunk.length;
    if (passed > length) throw new Error(`the body ran past its ${length} bytes`);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (passed !== length) throw new Error(`the body ended after ${passed} of ${length} bytes`);
  await confirmed();
  if (held !== undefined) yield held;
}
