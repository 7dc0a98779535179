import { expect, test } from "vitest";
import { redactSecrets } from "./redact-secrets.ts";
import { VisionError } from "./vision-error.ts";

test.each([
  ["GET https://user:hunter2@example.org/a failed", "GET https://***@example.org/a failed"],
  ["https://example.org/a?api_key=abc123&x=1", "https://example.org/a?api_key=***&x=1"],
  ['{"apiKey":"abc123","x":1}', '{"apiKey":"***","x":1}'],
  ["Authorization: Bearer abcdefghijkl", "Authorization: Bearer ***"],
  ["authorization: Key 0123456789abcdef", "authorization: Key ***"],
  ["token hf_abcdefghijkl is invalid", "token hf_*** is invalid"],
  ["nvapi-abcdef_123456 and dtvi_abcdef123", "nvapi-*** and dtvi_***"],
  ["maxNewTokens: 5 is above 3", "maxNewTokens: 5 is above 3"],
  ["https://example.org/a.jpg?size=5", "https://example.org/a.jpg?size=5"],
])("%s", (text, expected) => {
  expect(redactSecrets(text)).toBe(expected);
  expect(new VisionError("generation", text).message).toBe(expected);
});

test("a message of a million letters is no trap", () => {
  for (const text of ["a".repeat(1e6), "token ".repeat(2e5), `key=${" ".repeat(1e6)}`, "a://b:".repeat(2e5)]) {
    expect(redactSecrets(text).length).toBeLessThanOrEqual(text.length + 3);
  }
});
