import { Buffer } from "node:buffer";

export const BOUNDARY = "----WebKitFormBoundaryABCdef0123456789";
export const CONTENT_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A part of a form: a field, or with a filename a file. */
export type Part = readonly [name: string, value: string | Uint8Array, filename?: string];

/** A form as a browser writes it. */
export function multipart(parts: readonly Part[]): Buffer {
  return Buffer.concat([
    ...parts.flatMap(([name, value, filename]) => [
      Buffer.from(
        `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"` +
          (filename === undefined ? "" : `; filename="${filename}"\r\nContent-Type: text/plain`) + "\r\n\r\n",
      ),
      Buffer.from(value),
      Buffer.from("\r\n"),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
}

/** Bytes in chunks of these sizes, used round and round. */
export async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? bytes.length);
    yield bytes.slice(at, at + size);
    at += size;
  }
}
