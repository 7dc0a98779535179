/**
 * The wait that a `Retry-After` header asks for, in milliseconds from now: a number of seconds or an HTTP date
 * (RFC 9110, 10.2.3).
 *
 * @returns null when the header is missing or neither of both
 */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^[A-Z][a-z]{2},/.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
