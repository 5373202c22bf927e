import { sizeText } from "./amounts.ts";
import type { ImportFacts, ImportFault } from "./import-object.ts";
import type { Imported } from "./import-objects.ts";
import { sealText } from "./key-text.ts";
import { duration } from "./progress.ts";
import type { Terminal } from "./terminal.ts";

/** How an import went. */
export interface ImportOutcome extends Imported {
  readonly from: string;
  readonly to: string;
  /** Unfinished ones that stay where they are. */
  readonly uploads: number;
  readonly milliseconds: number;
}

const FAULTS: Readonly<Record<ImportFault, string>> = {
  damaged: "DAMAGED, and not imported",
  closed: "CLOSED: their data keys do not open, so they were not imported",
  unreadable: "UNREADABLE, and not imported",
  failed: "FAILED: they could not be written",
};

const WORDS = {
  ...FAULTS,
  there: "there already",
  kept: "kept: written in the new directory since",
  left: "encrypted, and left behind",
};

/** Tells how an import went. @returns the exit code */
export function reportImport(outcome: ImportOutcome, terminal: Terminal, json: boolean): number {
  const { from, to, tally, bytes, uploads, milliseconds } = outcome;
  const complete = !tally.has(({ state }) => state in FAULTS);
  if (json) {
    const objects = tally.rows(wordsOf);
    terminal.print(`${JSON.stringify({ from, to, complete, bytes, objects, uploadsLeft: uploads })}\n`);
    return complete ? 0 : 1;
  }
  terminal.print(
    `Objects of ${from} in ${to}, ${sizeText(bytes)} written in ${duration(milliseconds)}:\n\n` +
      `${tally.table(wordsOf)}\n`,
  );
  if (uploads > 0) {
    terminal.print(
      `Unfinished uploads, which were not imported: ${uploads}. ` +
        `A server on ${from} can still complete them; import again after that.\n`,
    );
  }
  terminal.print(`${verdict(outcome, complete)}\n`);
  return complete ? 0 : 1;
}

function verdict({ tally }: ImportOutcome, complete: boolean): string {
  if (!complete) return "Not all objects are there.";
  return tally.has(({ state }) => state === "left")
    ? "Every plain object is there."
    : "Every object is there.";
}

function wordsOf(facts: ImportFacts): string {
  return facts.state === "imported" ? `imported, ${sealText(facts)}` : WORDS[facts.state];
}
