/** Milliseconds since the epoch of `YYYYMMDD'T'HHMMSS'Z'` (ISO 8601 basic), `undefined` when it is not that. */
export function parseAmzDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // Some engines take a 31st of February for the 3rd of March.
  return Number.isNaN(time) || new Date(time).getUTCDate() !== Number(day) ? undefined : time;
}

/** The time of day in the form that signatures use. */
export function formatAmzDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
