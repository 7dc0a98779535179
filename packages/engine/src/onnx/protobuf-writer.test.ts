import { expect, test } from "vitest";
import { ProtobufWriter } from "./protobuf-writer.ts";

const hex = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString("hex");

// Expected bytes: the examples of https://protobuf.dev/programming-guides/encoding/ and the definition of varints there.
test.each([
  [1, 150, "089601"],
  [1, 0, "0800"],
  [1, 127, "087f"],
  [1, 128, "088001"],
  [1, 2 ** 31, "088080808008"],
  [1, 2 ** 53 - 1, "08ffffffffffffff0f"],
  [1, -1, "08ffffffffffffffffff01"],
  [1, -(2 ** 33), "0880808080e0ffffffff01"],
  [1, 9223372036854775807n, "08ffffffffffffffff7f"],
  [1, -9223372036854775808n, "0880808080808080808001"],
  [20, 7, "a00107"],
] as const)("integer field %i = %s", (field, value, expected) => {
  expect(hex(new ProtobufWriter().integer(field, value))).toBe(expected);
});

test("floats, strings, bytes and nested messages", () => {
  expect(hex(new ProtobufWriter().string(2, "testing"))).toBe("120774657374696e67");
  expect(hex(new ProtobufWriter().message(3, (nested) => nested.integer(1, 150)))).toBe("1a03089601");
  expect(hex(new ProtobufWriter().float(2, 1.5))).toBe("150000c03f");
  expect(hex(new ProtobufWriter().bytes(1, Uint8Array.of(1, 255)))).toBe("0a0201ff");
  expect(hex(new ProtobufWriter().string(1, "é"))).toBe("0a02c3a9");
});

test("long content grows the buffer and has a length of several bytes", () => {
  const content = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
  const bytes = new ProtobufWriter().integer(1, 1).bytes(2, content).integer(3, 2).finish();
  expect(Buffer.from(bytes.subarray(0, 6)).toString("hex")).toBe("080112f0a204");
  expect(bytes.subarray(6, 70_006)).toEqual(content);
  expect([...bytes.subarray(70_006)]).toEqual([0x18, 2]);
});

test("numbers that would be written wrongly are refused", () => {
  expect(() => new ProtobufWriter().integer(1, 1.5)).toThrow(RangeError);
  expect(() => new ProtobufWriter().integer(1, 2 ** 53)).toThrow(RangeError);
  expect(() => new ProtobufWriter().integer(1, 2n ** 64n)).toThrow(RangeError);
  expect(() => new ProtobufWriter().integer(1, -(2n ** 63n) - 1n)).toThrow(RangeError);
});
