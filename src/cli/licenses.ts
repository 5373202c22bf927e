import { join } from "node:path";
import { BUILD } from "./build.ts";
import { type Command } from "./command.ts";
import { installedNotices, type Notice } from "./notices.ts";
import { VERSION } from "./version.ts";

/** `minio-ts licenses`: the terms of everything of others that is inside. */
export const licenses: Command = {
  name: "licenses",
  usage: "",
  summary: "print the licences of everything that is inside",
  flags: [],
  examples: ["minio-ts licenses"],
  async run(_words, terminal) {
    const notices = BUILD?.notices ?? installedNotices(join(import.meta.dirname, "../.."));
    terminal.print(noticesText(notices));
    return 0;
  },
};

/** A list of what there is, and after it each licence in full. */
export function noticesText(notices: readonly Notice[]): string {
  const list = notices.map(({ name, version, license }) => `  ${name} ${version} (${license})`);
  const texts = notices.map(({ name, version, license, source, text }) =>
    `${"-".repeat(80)}\n${name} ${version} (${license})\n${source}\n\n${text}\n`
  );
  return `minio-ts ${VERSION} comes under the Apache License 2.0. It contains:\n\n${list.join("\n")}\n\n${
    texts.join("\n")
  }`;
}
