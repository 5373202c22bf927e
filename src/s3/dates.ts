const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the date form of HTTP headers, whole seconds. @param ms since the epoch */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** `1994-11-06T08:49:37.000Z`: the date form of S3's documents. @param ms since the epoch */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * A date of an HTTP header in one of the three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime.
 * @returns milliseconds since the epoch; `undefined` for anything else, which RFC 9110 wants ignored
 */
export function parseHttpDate(text: string): number | undefined {
  const trimmed = text.trim();
  const fixdate = /^\w{3}, (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/i.exec(trimmed);
  if (fixdate !== null) return instant(fixdate, 3, 2, 1, 4);
  const rfc850 = /^\w{6,9}, (\d{2})-(\w{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/i.exec(trimmed);
  if (rfc850 !== null) return instant(rfc850, 3, 2, 1, 4);
  const asctime = /^\w{3} (\w{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i.exec(trimmed);
  if (asctime !== null) return instant(asctime, 6, 1, 2, 3);
  return undefined;
}

/** The instant whose fields stand in these groups of a match; hour, minute and second follow each other. */
function instant(
  match: RegExpExecArray,
  yearGroup: number,
  monthGroup: number,
  dayGroup: number,
  hourGroup: number,
): number | undefined {
  const yearText = match[yearGroup] ?? "";
  const year = yearText.length === 2 ? nearCentury(Number(yearText)) : Number(yearText);
  const month = MONTHS.indexOf((match[monthGroup] ?? "").toLowerCase());
  const day = Number(match[dayGroup]);
  const hour = Number(match[hourGroup]);
  const minute = Number(match[hourGroup + 1]);
  const second = Number(match[hourGroup + 2]);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** RFC 9110: a two-digit year more than 50 years ahead lies in the past. */
function nearCentury(year: number): number {
  const now = new Date().getUTCFullYear();
  const candidate = Math.floor(now / 100) * 100 + year;
  return candidate > now + 50 ? candidate - 100 : candidate;
}
