import { readFileSync } from "node:fs";

/** Calls that make, change or remove something under a path. */
const WRITES = /^(mkdir|unlink|rename|link|symlink|chmod|truncate|creat|rmdir)/;
/** Calls whose strings are what is sent or received, in which anything may look like a path. */
const NETWORK = /^(accept|bind|connect|getpeername|getsock|listen|recv|send|setsock|shutdown|socket)/;

/** What a program did, in the words of `strace -f -e trace=file,network`. */
export interface Traced {
  /** Absolute paths that were there when it opened or looked at them. */
  readonly read: readonly string[];
  /** Absolute paths that it made, opened for writing, renamed or removed. */
  readonly written: readonly string[];
  /** Addresses that it connected or sent to. */
  readonly called: readonly string[];
}

/** Reads the file that strace has written. */
export function readTrace(path: string): Traced {
  const read = new Set<string>();
  const written = new Set<string>();
  const called = new Set<string>();
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, call = "", rest = ""] = /^\d+ +(\w+)\((.*)/.exec(line) ?? [];
    if (call === "connect" || rest.includes("sa_family=AF_INET") && call.startsWith("send")) called.add(rest);
    if (NETWORK.test(call)) continue;
    const paths = [...rest.matchAll(/"(\/[^"]*)"/g)].map(([, name = ""]) => name);
    const writes = WRITES.test(call) || /O_WRONLY|O_RDWR|O_CREAT/.test(rest);
    if (call === "execve" || rest.includes("= -1 ENOENT")) continue;
    for (const name of paths) (writes ? written : read).add(name);
  }
  return { read: [...read], written: [...written], called: [...called] };
}
