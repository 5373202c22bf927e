import type { Notice } from "../../src/cli/notices.ts";

/**
 * What the executable of Bun is made of, as its authors list it, each with its terms. The packages of npm that
 * carry Bun bring no such list.
 */
const INSIDE: readonly (readonly [name: string, license: string, source: string])[] = [
  ["JavaScriptCore and WebCore of WebKit", "LGPL-2", "github.com/oven-sh/WebKit"],
  ["BoringSSL", "several licences", "boringssl.googlesource.com/boringssl"],
  ["SQLite", "public domain", "sqlite.org"],
  ["brotli", "MIT", "github.com/google/brotli"],
  ["c-ares", "MIT", "github.com/c-ares/c-ares"],
  ["highway", "Apache-2.0", "github.com/google/highway"],
  ["ICU", "Unicode license", "github.com/unicode-org/icu"],
  ["libarchive", "several licences", "github.com/libarchive/libarchive"],
  ["libbase64", "BSD-2-Clause", "github.com/aklomp/base64"],
  ["libc++abi (__cxa_thread_atexit)", "Apache-2.0 WITH LLVM-exception", "github.com/llvm/llvm-project"],
  ["libdeflate", "MIT", "github.com/ebiggers/libdeflate"],
  ["libjpeg-turbo", "BSD-3-Clause, IJG, Zlib", "github.com/libjpeg-turbo/libjpeg-turbo"],
  ["libspng", "BSD-2-Clause", "github.com/randy408/libspng"],
  ["libuv (Windows)", "MIT", "github.com/libuv/libuv"],
  ["libwebp", "BSD-3-Clause", "github.com/webmproject/libwebp"],
  ["lol-html", "BSD-3-Clause", "github.com/cloudflare/lol-html"],
  ["ls-hpack", "MIT", "github.com/litespeedtech/ls-hpack"],
  ["ls-qpack", "MIT", "github.com/litespeedtech/ls-qpack"],
  ["lsquic", "MIT, BSD-3-Clause", "github.com/litespeedtech/lsquic"],
  ["mimalloc", "MIT", "github.com/microsoft/mimalloc"],
  ["picohttpparser", "MIT or Perl license", "github.com/h2o/picohttpparser"],
  ["simdutf", "Apache-2.0", "github.com/simdutf/simdutf"],
  ["TigerBeetle (parts of its I/O)", "Apache-2.0", "github.com/tigerbeetle/tigerbeetle"],
  ["TinyCC", "LGPL-2.1", "github.com/tinycc/tinycc"],
  ["uSockets and uWebSockets", "Apache-2.0", "github.com/uNetworking/uSockets"],
  ["uucode", "MIT", "github.com/jacobsandlund/uucode"],
  ["zlib-ng", "Zlib", "github.com/zlib-ng/zlib-ng"],
  ["zstd", "BSD or GPL-2", "github.com/facebook/zstd"],
];

/** The terms of the runtime part of an executable. */
export function bunNotice(version: string): Notice {
  const width = Math.max(...INSIDE.map(([name]) => name.length));
  return {
    name: "bun",
    version,
    license: "MIT",
    source: "https://github.com/oven-sh/bun",
    text: [
      "Bun is the runtime inside this executable. It comes under the MIT licence, and its program contains",
      "the following libraries. Their licences in full lie with their sources, and all of them together at",
      `https://github.com/oven-sh/bun/blob/bun-v${version}/LICENSE.md`,
      "",
      ...INSIDE.map(([name, license, source]) => `  ${name.padEnd(width)}  ${license}, https://${source}`),
      "",
      "JavaScriptCore and TinyCC come under the LGPL. Whoever wants to run this executable with changed",
      "versions of them builds Bun with these, as its LICENSE.md describes, and then the executable with that",
      "Bun: `bun scripts/compile.ts` in the source tree of minio-ts puts the Bun that runs it inside.",
      "",
      "For compatibility with Node, Bun also contains these packages of npm, all under the MIT licence: acorn,",
      "acorn-walk, assert, browserify-zlib, buffer, constants-browserify, crypto-browserify, domain-browser,",
      "events, https-browserify, os-browserify, path-browserify, process, punycode, querystring-es3,",
      "stream-browserify, stream-http, string_decoder, timers-browserify, tty-browserify, url, util,",
      "vm-browserify.",
    ].join("\n"),
  };
}
