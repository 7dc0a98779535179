const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB"] as const;
const countUnits = ["", " K", " M", " B", " T"] as const;

/** Bytes with three significant digits and a binary unit: `17.6 MiB`. */
export function formatBytes(bytes: number): string {
  const [value, unit] = scale(bytes, 1024, byteUnits);
  return `${unit === "B" ? value : threeDigits(value)} ${unit}`;
}

/** A count with three significant digits and K, M, B or T: `4.59 M`, `3.75 B`. */
export function formatCount(count: number): string {
  const [value, unit] = scale(count, 1000, countUnits);
  return `${unit === "" ? value : threeDigits(value)}${unit}`;
}

/** A duration in ms below a second, in s up to a minute, else in minutes and seconds. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A whole number with commas between thousands: `16,777,216`. */
export function formatInteger(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function scale<Unit>(value: number, step: number, units: readonly Unit[]): [number, Unit] {
  let index = 0;
  let scaled = value;
  // 999.5 would be rounded up to four digits.
  while (scaled >= step * (999.5 / 1000) && index < units.length - 1) {
    scaled /= step;
    index++;
  }
  return [scaled, units[index]!];
}

function threeDigits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : String(Math.round(value));
}
