/**
 * What `format` stands for, as patterns. Each matches only values that are valid in the format (and in zod's reading of
 * it), though not all of them: days end at 28, mail addresses and URLs are the common kind.
 */
const month = "(?:0[1-9]|1[0-2])";
const date = `[0-9]{4}-${month}-(?:0[1-9]|1[0-9]|2[0-8])`;
const clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?";
const byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]|[0-9])";
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,20}[A-Za-z0-9])?";
const host = `${label}(?:\\.${label}){0,6}\\.[A-Za-z]{2,12}`;

const formats: Readonly<Record<string, string>> = {
  date,
  time: `${clock}Z`,
  "date-time": `${date}T${clock}Z`,
  duration: "P(?:[1-9][0-9]{0,3}D|(?:[1-9][0-9]{0,3}D)?T(?:[1-9][0-9]{0,3}H|[1-9][0-9]{0,3}M|[1-9][0-9]{0,3}S))",
  uuid: "[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
  email: `[A-Za-z0-9_]+(?:[.+-][A-Za-z0-9_]+){0,6}@${host}`,
  hostname: host,
  ipv4: `(?:${byte}\\.){3}${byte}`,
  ipv6: "(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}",
  uri: `https?://${host}(?:/[A-Za-z0-9._~-]+)*/?(?:\\?[A-Za-z0-9._~=&-]+)?(?:#[A-Za-z0-9._~-]+)?`,
};

/** Values of each format, to see whether a pattern beside it says the same. */
const samples: Readonly<Record<string, readonly string[]>> = {
  date: ["2024-02-28", "1999-12-01", "0001-01-09"],
  time: ["00:00:00Z", "23:59:59.123Z"],
  "date-time": ["2024-02-28T00:00:00Z", "1999-12-01T23:59:59.123Z"],
  duration: ["P1D", "PT5M", "P12DT3H"],
  uuid: ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-4000-8000-00000000000f"],
  email: ["a@b.co", "first.last+x@mail.example.org", "_@x-y.de"],
  hostname: ["a.bc", "www.example-1.org"],
  ipv4: ["0.0.0.0", "255.10.99.1"],
  ipv6: ["1:2:3:4:5:6:7:8", "2001:db8:0:0:0:0:0:1"],
  uri: ["http://a.bc", "https://www.example.org/x/y?z=1#e"],
};

/** The names that {@link formatPattern} knows. */
export const formatNames: readonly string[] = Object.keys(formats);

/** The anchored pattern of a format; `null` for one that is not known. */
export function formatPattern(format: string): string | null {
  return Object.hasOwn(formats, format) ? `^${formats[format]!}$` : null;
}

/** True when a pattern accepts typical values of a format: then it is the format's own spelled as a pattern. */
export function isPatternOfFormat(pattern: string, format: string): boolean {
  try {
    const expression = new RegExp(pattern);
    return samples[format]!.every((sample) => expression.test(sample));
  } catch {
    return false;
  }
}
