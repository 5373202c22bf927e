/** How deep causes of causes are followed. */
const MAX_CAUSES = 8;

/** An error with its stack and with the errors that caused it. */
export function causeText(thrown: unknown, depth = 0): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? `${thrown.name}: ${thrown.message}`;
  // Bun's stacks leave name and message away when an error was made without a frame.
  const text = own.includes(thrown.message) ? own : `${thrown.name}: ${thrown.message}\n${own}`;
  if (thrown.cause === undefined || depth === MAX_CAUSES) return text;
  return `${text}\ncaused by ${causeText(thrown.cause, depth + 1)}`;
}

/** A moment as MinIO's log writes it: `09:58:12 UTC 11/23/2026`. */
export function clockText(moment: Date): string {
  const [day = "", time = ""] = moment.toISOString().split("T");
  const [year, month, date] = day.split("-");
  return `${time.slice(0, 8)} UTC ${month}/${date}/${year}`;
}

/** Text without control characters other than line end and tab: those could steer a terminal. */
export function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, escaped);
}

/** The same for text that has to stay on one line. */
export function escapeLine(text: string): string {
  return escapeControls(text.replace(/[\t\n]/g, escaped));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
