import type { Terminal } from "./terminal.ts";

/** Shows how far a long piece of work is. */
export interface Progress {
  /** Some more is done. */
  advance(amount: number): void;
  /** Prints lines that stay, above the bar. */
  print(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** What a bar is about. */
export interface Work {
  /** Whether the bar is to be seen: on a terminal, where JSON is not asked for. */
  readonly shown: boolean;
  /** How much there is to do, asked for only where the bar is seen. */
  readonly total: () => Promise<number>;
  /** How far it is in words: `10 of 1,000 objects`. */
  readonly describe: (done: number, total: number) => string;
  /** Milliseconds; by the clock of the process unless given. */
  readonly now?: () => number;
}

const CELLS = 30;
/** Milliseconds between two looks of the bar. */
const PAUSE = 100;
const CLEAR = "\r\u001b[K";

/** Begins to show the progress of some work. */
export async function showProgress(terminal: Terminal, work: Work): Promise<Progress> {
  if (!work.shown) {
    return { advance() {}, print: (text) => terminal.print(text), end() {} };
  }
  const { describe, now = () => performance.now() } = work;
  terminal.print("Looking how much there is to do ...");
  const total = await work.total();
  const begin = now();
  let done = 0;
  let shown = -Infinity;
  const show = () => {
    shown = now();
    terminal.print(`${CLEAR}${barText(done, total, shown - begin, describe)}`);
  };
  show();
  return {
    advance(amount) {
      done += amount;
      if (now() - shown >= PAUSE) show();
    },
    print(text) {
      terminal.print(`${CLEAR}${text}`);
      show();
    },
    end: () => terminal.print(CLEAR),
  };
}

/** The bar, how much is done, and how long the rest will take if it goes on like this. */
function barText(done: number, total: number, elapsed: number, describe: Work["describe"]): string {
  // What was written since the work was looked over may make it more than all.
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const bar = "#".repeat(Math.floor(share * CELLS)).padEnd(CELLS, "-");
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  const rest = share > 0 && share < 1 && elapsed > 1000
    ? `, ${duration(elapsed / share - elapsed)} left`
    : "";
  return `[${bar}] ${percent} %  ${describe(done, total)}${rest}`;
}

/** A time in its two largest units: `2 h 5 min`. @param milliseconds at least 0 */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
