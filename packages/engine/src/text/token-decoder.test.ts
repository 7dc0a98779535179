import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { compileTokenDecoder } from "./token-decoder.ts";

function decode(config: unknown, tokens: readonly string[]): string {
  const decoder = compileTokenDecoder(config)();
  return tokens.flatMap((token) => decoder.push(token)).join("") + decoder.flush().join("");
}

const replace = { type: "Replace", pattern: { String: "▁" }, content: " " };
const fallback = { type: "ByteFallback" };

// Expected strings: what `tokenizers.decoders.*` 0.23.3 (Python) returns for the same input.
test("a malformed byte run becomes one U+FFFD per byte, a well-formed one text", () => {
  expect(decode(fallback, ["a", "<0xE5>", "<0x9B>", "<0xBE>", "b"])).toBe("a图b");
  expect(decode(fallback, ["<0xE5>", "<0x9B>", "<0xBE>", "<0xFF>", "b"])).toBe("\ufffd\ufffd\ufffd\ufffdb");
  expect(decode(fallback, ["<0xE5>", "<0x9B>"])).toBe("\ufffd\ufffd");
});

test("Fuse decides whether Strip sees the text or every token", () => {
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  expect(decode({ type: "Sequence", decoders: [replace, fallback, { type: "Fuse" }, strip] }, ["▁▁a", "▁b"])).toBe(
    " a b",
  );
  expect(decode({ type: "Sequence", decoders: [replace, strip] }, ["▁▁a", "▁b"])).toBe(" ab");
  expect(
    decode({ type: "Sequence", decoders: [{ type: "Fuse" }, { ...strip, start: 0, stop: 2 }] }, ["a ", " ", " "]),
  ).toBe("a ");
  expect(decode({ type: "Sequence", decoders: [{ type: "Fuse" }, { ...strip, start: 2 }] }, ["", " ", "a", " b"])).toBe(
    "a b",
  );
});

test("Metaspace drops the markers of the first token", () => {
  expect(decode({ type: "Metaspace", replacement: "▁", prepend_scheme: "always" }, ["▁a", "▁b"])).toBe("a b");
  expect(decode({ type: "Metaspace", replacement: "▁", prepend_scheme: "never" }, ["▁a", "▁b"])).toBe(" a b");
});

test("no decoder joins with spaces", () => {
  expect(decode(null, ["a", "b"])).toBe("a b");
});

test.each([{ type: "CTC" }, { type: "Replace", pattern: { Regex: "x" }, content: "" }, { type: "Strip" }, "ByteLevel"])(
  "unsupported: %j",
  (config) => {
    expect(() => compileTokenDecoder(config)).toThrow(ModelLoadError);
  },
);
