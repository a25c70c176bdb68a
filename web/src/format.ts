const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function size(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || Number.isInteger(value) ? value.toFixed(0) : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
  return `${bytes < 0 ? "−" : ""}${text} ${units[unit]}`;
}

export const pages = (count: number) => size(count * 4096);

export const count = (value: number) => Math.round(value).toLocaleString("en-US");

export function time(ns: number): string {
  const value = Math.abs(ns);
  if (value >= 1e9) return `${(ns / 1e9).toFixed(value >= 1e11 ? 0 : 2)} s`;
  if (value >= 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  if (value >= 1e3) return `${(ns / 1e3).toFixed(2)} µs`;
  return `${ns.toFixed(0)} ns`;
}

// For an axis: as few digits as tell it.
export const shortTime = (ns: number) => time(ns).replace(/(\.\d*[1-9])0+ /, "$1 ").replace(/\.0+ /, " ");

export const hex = (value: number | bigint) => `0x${value.toString(16)}`;

export const address = (page: number, within = 0) => `0x${(page * 4096 + within).toString(16).padStart(12, "0")}`;

export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part / whole < 0.1 ? 1 : 0)} %`;
}

// An address that somebody typed, as the page's number and the bytes within; null: it is none.
export function parseAddress(text: string): { page: number; within: number } | null {
  const digits = text.trim().replace(/^0x/i, "");
  if (!/^[0-9a-f]{1,16}$/i.test(digits)) return null;
  const value = BigInt(`0x${digits}`);
  return { page: Number(value >> 12n), within: Number(value & 4095n) };
}
