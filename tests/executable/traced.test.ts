import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrace } from "./traced.ts";

const directory = mkdtempSync(join(tmpdir(), "minio-ts-trace-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function traced(...lines: readonly string[]) {
  const path = join(directory, "trace");
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return readTrace(path);
}

test("a trace tells what was read, what was written, and who was called", () => {
  expect(traced(
    '12 execve("/opt/minio-ts", ["/opt/minio-ts"], 0x7ffd /* 4 vars */) = 0',
    '12 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3',
    '12 openat(AT_FDCWD, "/etc/none", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
    '13 openat(AT_FDCWD, "/data/blob", O_WRONLY|O_CREAT, 0600 <unfinished ...>',
    "13 <... openat resumed>)             = 4",
    '12 rename("/data/a", "/data/b")      = 0',
    "12 connect(5, {sa_family=AF_INET, sin_port=htons(443)}, 16) = 0",
  )).toEqual({
    read: ["/etc/hosts"],
    written: ["/data/blob", "/data/a", "/data/b"],
    called: ["5, {sa_family=AF_INET, sin_port=htons(443)}, 16) = 0"],
  });
});

test("bytes that were sent and received are no paths, whatever they look like", () => {
  expect(traced(
    String.raw`12 recvfrom(14, "\17\"/\3\"/-l\231lz"..., 524288, 0, NULL, NULL) = 65536`,
    '12 sendto(14, "/etc/passwd", 11, MSG_NOSIGNAL, NULL, 0) = 11',
  )).toEqual({ read: [], written: [], called: [] });
});
