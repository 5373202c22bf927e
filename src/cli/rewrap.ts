import { type Command, UsageError } from "./command.ts";
import { countKeys } from "./count-keys.ts";
import { openOffline, parseDirectory } from "./offline.ts";
import { rewrapDirectory } from "./rewrap-directory.ts";
import { rewrapServer } from "./rewrap-server.ts";

const WHEN_LOCKED = "Stop the server first, or give its URL in place of the directory: " +
  "then it seals the keys of its objects itself.";

/**
 * `minio-ts rewrap DIR` seals every data key under the current key of the KMS; `minio-ts rewrap URL` has a running server
 * do it. There is no state beside the data keys themselves: who starts it again, however it ended, passes over what is
 * done.
 */
export const rewrap: Command = {
  name: "rewrap",
  usage: "[FLAGS] DIR|URL",
  summary: "seal all data keys under the current key of the KMS",
  flags: [
    ["--dry-run", "only count what is sealed under which key and version in DIR; needs no KMS"],
    ["--json", "print JSON lines"],
  ],
  examples: [
    "minio-ts rewrap --dry-run /data",
    "minio-ts rewrap /data",
    "minio-ts rewrap http://127.0.0.1:9000",
  ],
  async run(words, terminal) {
    const { directory, flags } = parseDirectory(words, ["dry-run", "json"]);
    if (/^https?:\/\//i.test(directory)) {
      if (flags["dry-run"]) {
        throw new UsageError("--dry-run takes a directory: a server does not tell its keys.");
      }
      return await rewrapServer(directory, terminal, flags.json);
    }
    const offline = await openOffline(directory, terminal, flags.json, WHEN_LOCKED);
    try {
      if (flags["dry-run"]) return await countKeys(offline, terminal, flags.json);
      return await rewrapDirectory(offline, terminal, flags.json);
    } finally {
      await offline.close();
    }
  },
};
