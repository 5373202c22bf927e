const NUMBER = new Intl.NumberFormat("en-US");
const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `10 of 1,234 objects`. */
export function objectsText(done: number, total: number): string {
  return `${NUMBER.format(done)} of ${NUMBER.format(total)} ${total === 1 ? "object" : "objects"}`;
}

/** `1.5 GiB of 3.0 GiB`. */
export function sizesText(done: number, total: number): string {
  return `${sizeText(done)} of ${sizeText(total)}`;
}

/** A number of bytes with one digit after the point: `1.5 GiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? NUMBER.format(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
