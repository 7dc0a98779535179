/** A JSON object without the keys that are null, which is how Python writes what is left to the class. */
export function withoutNulls(json: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries((json ?? {}) as Record<string, unknown>).filter(([, value]) => value !== null),
  );
}
