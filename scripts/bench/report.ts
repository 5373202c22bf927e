import type { Figure } from "./load.ts";

const COLUMNS: readonly [title: string, width: number, cell: (figure: Figure) => string][] = [
  ["", -50, (figure) => figure.name],
  ["ops/s", 9, (figure) => figure.opsPerSecond.toFixed(figure.opsPerSecond < 100 ? 1 : 0)],
  ["MB/s", 9, (figure) => figure.megabytesPerSecond.toFixed(1)],
  ["p50 ms", 9, (figure) => figure.p50.toFixed(2)],
  ["p99 ms", 9, (figure) => figure.p99.toFixed(2)],
  ["CPU us/op", 10, (figure) => figure.cpuPerOp.toFixed(0)],
  ["CPU s/GB", 9, (figure) => figure.cpuPerGb === 0 ? "" : figure.cpuPerGb.toFixed(2)],
  ["RSS MB", 8, (figure) => figure.rss.toFixed(0)],
];

/** The heading of the table. */
export function heading(): string {
  return COLUMNS.map(([title, width]) => pad(title, width)).join(" ");
}

/** One line of the table. */
export function line(figure: Figure): string {
  return COLUMNS.map(([, width, cell]) => pad(cell(figure), width)).join(" ");
}

function pad(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
