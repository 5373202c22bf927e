/**
 * Writes the table of settings into README.md, from the table that the server reads them by:
 *
 *   bun scripts/settings-table.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Setting } from "../src/config/setting.ts";
import { SETTINGS } from "../src/config/settings.ts";

const README = join(import.meta.dirname, "../README.md");
const BEGIN = "<!-- settings: written by scripts/settings-table.ts -->";
const END = "<!-- end of settings -->";

/** The README with the table of today in the place of the one in it. */
export function withSettings(readme: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("README.md has no place for the table of settings");
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table()}\n\n${readme.slice(end)}`;
}

/** The table in Markdown, its columns filled with blanks as the formatter wants them. */
function table(): string {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const rows = [["Variable", "Default", "Meaning"], ...settings.map(row)];
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows.map((cells) => line(cells.map((cell, i) => cell.padEnd(widths[i] ?? 0))));
  return [head, line(widths.map((width) => "-".repeat(width))), ...body].join("\n");
}

function row({ name, aliases = [], file = false, perTarget = false, fallback, meaning }: Setting): string[] {
  const others = aliases.length === 0 ? "" : `, also ${aliases.map((alias) => `\`${alias}\``).join(", ")}`;
  return [`\`${name}${perTarget ? "[_TARGET]" : ""}\`${others}${file ? " (+)" : ""}`, fallback, meaning];
}

if (import.meta.main) writeFileSync(README, withSettings(readFileSync(README, "utf8")));
