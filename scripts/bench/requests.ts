import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { signHeaders, unsignedChunks } from "../../tests/auth/sign.ts";
import type { Shot } from "./load.ts";

const CHUNK = 64 * 1024;

/** Signs requests of the bench's user once; the bytes are sent again and again. */
export class Requests {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  get(path: string, bytes: number, headers: Readonly<Record<string, string>> = {}): Shot {
    return { pieces: [this.#head("GET", path, headers)], withBody: true, bytes };
  }

  head(path: string): Shot {
    return { pieces: [this.#head("HEAD", path, {})], withBody: false, bytes: 0 };
  }

  put(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Shot {
    const head = this.#head("PUT", path, { ...headers, "content-length": String(body.length) });
    const pieces = body.length === 0
      ? [head]
      : body.length < 65536
      ? [Buffer.concat([head, body])]
      : [head, body];
    return { pieces, withBody: true, bytes: body.length };
  }

  /** As the SDKs of AWS send it by themselves: in chunks of 64 KiB, with a CRC32 that trails. */
  putChunked(path: string, body: Uint8Array): Shot {
    const chunks = Array.from(
      { length: Math.ceil(body.length / CHUNK) },
      (_, i) => body.subarray(i * CHUNK, (i + 1) * CHUNK),
    );
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    const wire = unsignedChunks({
      chunks,
      trailers: [["x-amz-checksum-crc32", checksum.toString("base64")]],
    });
    const head = this.#head("PUT", path, {
      "content-length": String(wire.length),
      "content-encoding": "aws-chunked",
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(body.length),
      "x-amz-trailer": "x-amz-checksum-crc32",
    });
    return { pieces: [head, wire], withBody: true, bytes: body.length };
  }

  #head(method: string, target: string, extra: Readonly<Record<string, string>>): Uint8Array {
    const [path = "/", query = ""] = target.split("?");
    const headers = signHeaders({
      method,
      path,
      query,
      headers: { host: `127.0.0.1:${this.#port}`, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...extra },
      accessKey: BENCH_USER,
      secretKey: BENCH_PASSWORD,
      region: "us-east-1",
    });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  }
}

/** The credentials of the server under measurement. */
export const BENCH_USER = "benchuser";
export const BENCH_PASSWORD = "benchpassword";
