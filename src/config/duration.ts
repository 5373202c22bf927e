const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest time that a timer takes. */
const MAX = 2 ** 31 - 1;

/** Milliseconds of a text such as `500ms`, `10s`, `2m` or `1h`; NaN when it is none, or over 24 days. */
export function parseDuration(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (digits === undefined || factor === undefined) return NaN;
  const duration = Number(digits) * factor;
  return duration <= MAX ? duration : NaN;
}
