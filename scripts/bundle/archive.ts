import { closeSync, openSync, writeSync } from "node:fs";
import { Gzip, Zip, ZipDeflate } from "fflate";
import type { Packed } from "./packed.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar.ts";

/** Every file bears the same time, so that the same files give the same archive. Zip knows local time only. */
const TIME = new Date(2000, 0, 1);
const SECONDS = Date.UTC(2000, 0, 1) / 1000;
const PIECE = 2 ** 20;

/** Writes a .tar.gz. */
export function writeTarGz(path: string, files: readonly Packed[]): void {
  withFile(path, (write) => {
    const gzip = new Gzip({ level: 6, mtime: 0 }, write);
    for (const file of files) {
      gzip.push(tarHeader(file, SECONDS));
      for (const piece of pieces(file.bytes)) gzip.push(piece);
      gzip.push(tarPadding(file));
    }
    gzip.push(TAR_END, true);
  });
}

/** Writes a .zip that keeps which files are executable. */
export function writeZip(path: string, files: readonly Packed[]): void {
  withFile(path, (write) => {
    const zip = new Zip((error, chunk) => {
      if (error) throw error;
      write(chunk);
    });
    for (const { path: name, bytes, executable } of files) {
      const entry = new ZipDeflate(name, { level: 6 });
      entry.mtime = TIME;
      entry.os = 3;
      entry.attrs = (executable ? 0o100755 : 0o100644) * 2 ** 16;
      zip.add(entry);
      for (const piece of pieces(bytes)) entry.push(piece);
      entry.push(new Uint8Array(0), true);
    }
    zip.end();
  });
}

function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
}

function withFile(path: string, use: (write: (chunk: Uint8Array) => void) => void): void {
  const file = openSync(path, "w");
  try {
    use((chunk) => {
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
    });
  } finally {
    closeSync(file);
  }
}
