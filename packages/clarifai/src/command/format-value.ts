/** A result as JSON: bytes as base64, bigints as text. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => {
      if (typeof item === "bigint") return item.toString();
      return item;
    },
    0,
  );
}

/** A copy in which bytes are base64, so that it prints as JSON. */
export function withBase64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(withBase64);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBase64(item)]));
}

/** A result for people: texts as they are, everything else as JSON with bytes told by their number. */
export function formatValue(value: unknown): string {
  return typeof value === "string" ? value : toJsonText(withCounts(value));
}

function withCounts(value: unknown): unknown {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (Array.isArray(value)) return value.map(withCounts);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withCounts(item)]));
}
