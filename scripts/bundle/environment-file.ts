import type { Setting } from "../../src/config/setting.ts";
import { SETTINGS } from "../../src/config/settings.ts";

const WIDTH = 98;

/** An environment file for systemd that lists every setting with its meaning and default, all commented out. */
export function environmentFile(): string {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const head =
    "Settings of minio-ts, for EnvironmentFile= of systemd. Take away the # of those that you set. " +
    "The file may hold secrets: keep it at mode 0600.";
  return [...comment(head), "", ...settings.map(entry)].join("\n");
}

function entry({ name, aliases = [], file = false, fallback, meaning }: Setting): string {
  const others = aliases.length === 0 ? "" : ` Also ${aliases.join(", ")}.`;
  const twin = file ? ` ${name}_FILE names a file that holds it.` : "";
  const text = `${meaning} Default: ${fallback}.${others}${twin}`;
  return [...comment(text.replaceAll("`", "")), `#${name}=`, ""].join("\n");
}

/** A text as lines of a comment. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
