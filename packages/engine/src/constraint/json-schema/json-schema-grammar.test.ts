import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openSchema } from "../../golden/grammar-texts.ts";

const object = (properties: Record<string, unknown>, rest: Record<string, unknown> = {}) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...rest,
});
const tree = {
  $defs: { node: object({ name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } }) },
  $ref: "#/$defs/node",
};

describe("a schema accepts and rejects", () => {
  test.each<[string, unknown, readonly unknown[], readonly string[]]>([
    ["boolean", { type: "boolean" }, [true, false], ["null", '"true"', "tru", " true"]],
    ["null", { type: "null" }, [null], ["0", ""]],
    ["list of types", { type: ["string", "null"] }, ["", "a", null], ["1", "true"]],
    ["nullable", { type: "integer", nullable: true }, [1, null], ["1.5"]],
    ["anything", {}, [1, -2.5, 1e5, "a", true, null, [], [1, "a"], {}, { a: [{ b: 1 }] }], ["", "{a:1}", "[1,]", "01"]],
    ["true", true, [1, { a: [] }], ["undefined"]],
    [
      "annotations",
      { title: "a", description: "b", default: 1, examples: [2], $comment: "c", "x-y": 3, type: "integer" },
      [5],
      ["a"],
    ],
    ["enum", { enum: ["a", 1, null, { b: [1, 2] }] }, ["a", 1, null, { b: [1, 2] }], ['"b"', "2", '{"b":[1, 2]}']],
    ["enum and type", { type: "integer", enum: [1, 2, "a"] }, [1, 2], ['"a"', "3"]],
    ["const", { const: { a: 'é\n"<think>' } }, [], ['{"a":1}', '{"a":"é\\n\\"<think>"}']],
    [
      "object",
      object({ a: { type: "integer" }, b: { type: "boolean" } }),
      [{ a: 1, b: true }],
      ['{"b":true,"a":1}', '{"a":1}', '{"a":1,"b":true,"c":1}', '{"a":1, "b":true}', "{}"],
    ],
    [
      "optional properties",
      { type: "object", properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } }, required: ["b"] },
      [{ b: 2 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }],
      ["{}", '{"a":1}', '{"b":2,"a":1}', '{"b":2,}', '{,"b":2}'],
    ],
    [
      "only optional properties",
      { type: "object", properties: { a: { const: 1 }, b: { const: 2 } } },
      [{}, { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
      ['{"a":1,}', "{,}"],
    ],
    ["no properties at all", { type: "object" }, [{}, { a: 1 }, { a: { b: [] } }], ["[]"]],
    ["closed without properties", { type: "object", additionalProperties: false }, [{}], ['{"a":1}']],
    [
      "record",
      { type: "object", additionalProperties: { type: "integer" } },
      [{}, { a: 1, "é b": 2 }],
      ['{"a":"b"}', '{"a":1,}'],
    ],
    [
      "record of names",
      { type: "object", propertyNames: { enum: ["a", "b"] }, additionalProperties: { type: "integer" } },
      [{}, { a: 1 }, { b: 1, a: 2 }],
      ['{"c":1}'],
    ],
    [
      "record of a size",
      { type: "object", additionalProperties: { const: 1 }, minProperties: 1, maxProperties: 2 },
      [{ a: 1 }, { a: 1, b: 1 }],
      ["{}", '{"a":1,"b":1,"c":1}'],
    ],
    [
      "properties and others",
      { ...object({ ab: { const: 1 } }), additionalProperties: { const: 2 } },
      [{ ab: 1 }, { ab: 1, a: 2, abc: 2, x: 2 }],
      ['{"ab":1,"ab":2}', '{"x":2}', '{"ab":1,"x":1}'],
    ],
    ["required without a schema", { type: "object", properties: {}, required: ["a"] }, [{ a: 1 }, { a: "b" }], ["{}"]],
    ["array", { type: "array", items: { type: "integer" } }, [[], [1], [1, 2, 3]], ["[1,]", '["a"]', "[,1]", "1"]],
    [
      "array of a length",
      { type: "array", items: { const: 1 }, minItems: 2, maxItems: 3 },
      [
        [1, 1],
        [1, 1, 1],
      ],
      ["[]", "[1]", "[1,1,1,1]"],
    ],
    ["array of at least", { type: "array", items: { const: 1 }, minItems: 1 }, [[1], [1, 1, 1, 1]], ["[]"]],
    ["array of at most", { type: "array", items: { const: 1 }, maxItems: 1 }, [[], [1]], ["[1,1]"]],
    ["empty array", { type: "array", maxItems: 0 }, [[]], ["[1]"]],
    [
      "tuple",
      { type: "array", prefixItems: [{ const: 1 }, { const: "a" }] },
      [[1, "a"]],
      ["[1]", '[1,"a",2]', '["a",1]'],
    ],
    [
      "tuple and rest",
      { type: "array", prefixItems: [{ const: 1 }], items: { const: 2 }, minItems: 2, maxItems: 3 },
      [
        [1, 2],
        [1, 2, 2],
      ],
      ["[1]", "[1,2,2,2]", "[2,2]"],
    ],
    ["anyOf", { anyOf: [{ type: "integer" }, object({ a: { const: 1 } })] }, [3, { a: 1 }], ['"a"']],
    [
      "oneOf with what is common",
      {
        type: "object",
        properties: { k: { type: "string" } },
        required: ["k"],
        oneOf: [{ properties: { k: { const: "a" } } }, { properties: { k: { const: "b" }, n: { const: 1 } } }],
      },
      [{ k: "a" }, { k: "b", n: 1 }, { k: "b" }],
      ['{"k":"c"}', '{"k":"a","n":1}'],
    ],
    [
      "allOf",
      { allOf: [object({ a: { type: "integer", minimum: 3 } }), object({ a: { maximum: 5 }, b: { const: 1 } })] },
      [
        { a: 3, b: 1 },
        { a: 5, b: 1 },
      ],
      ['{"a":6,"b":1}', '{"a":3}'],
    ],
    [
      "reference",
      { $defs: { "a/b": { const: 1 } }, type: "array", items: { $ref: "#/$defs/a~1b" } },
      [[1, 1]],
      ["[2]"],
    ],
    [
      "reference with more",
      { $defs: { n: { type: "integer", minimum: 0 } }, $ref: "#/$defs/n", maximum: 5, description: "x" },
      [0, 5],
      ["6", "-1"],
    ],
    [
      "recursion",
      tree,
      [{ name: "", children: [{ name: "b", children: [] }] }],
      ['{"name":"a"}', '{"name":"a","children":[1]}'],
    ],
    [
      "recursion of the root",
      { type: "object", properties: { next: { $ref: "#" } } },
      [{}, { next: { next: {} } }],
      ['{"next":1}'],
    ],
    ["properties imply an object", { properties: { a: { const: 1 } }, required: ["a"] }, [{ a: 1 }], ["1"]],
  ])("%s", async (_, schema, fitting, others) => {
    const texts = await openSchema(schema);
    for (const value of fitting) expect(texts.accepts(JSON.stringify(value)), JSON.stringify(value)).toBe(true);
    for (const text of others) expect(texts.accepts(text), text).toBe(false);
  });

  test("a tag in a constant is escaped", async () => {
    const texts = await openSchema({ const: "a<think>" });
    expect(texts.accepts('"a\\u003cthink>"')).toBe(true);
    expect(texts.accepts('"a<think>"')).toBe(false);
  });
});

describe("strings", () => {
  test.each<[string, unknown, readonly string[], readonly string[]]>([
    [
      "lengths",
      { minLength: 2, maxLength: 4 },
      ["ab", "é€😀", "abcd", '"\\', "\n\u0001"],
      ["", "a", "abcde", "é€😀ab"],
    ],
    ["at least", { minLength: 3 }, ["abc", "abcdefghij"], ["ab"]],
    ["pattern", { pattern: "^[a-c]{2,3}(?:-\\d+)?$" }, ["ab", "abc-12"], ["a", "abcd", "ab-", "xab"]],
    ["pattern anywhere", { pattern: "b+" }, ["b", "aabb!", 'x"b"'], ["", "aa"]],
    ["pattern with one end", { pattern: "^ab" }, ["ab", "abc"], ["xab"]],
    ["alternatives", { pattern: "^(?:red|blue)$|^x$" }, ["red", "blue", "x"], ["green", "redx"]],
    ["escapes", { pattern: '^[\\w."\\\\\\n]+\\x41\\u00e9$' }, ['a"b\\\n.Aé'], ["a b Aé"]],
    ["not in a class", { pattern: "^[^a-z\\s]$" }, ["A", "é", "1", '"'], ["a", " ", "\n"]],
    ["a dot", { pattern: "^.$" }, ["a", "€", "<"], ["\n", ""]],
    ["lazy, group names", { pattern: "^(?<year>\\d{4}?)x*?$" }, ["2024", "2024xx"], ["202"]],
  ])("%s", async (_, keywords, fitting, others) => {
    const texts = await openSchema({ type: "string", ...(keywords as object) });
    const spell = (value: string): string => JSON.stringify(value).replaceAll("<", "\\u003c");
    for (const value of fitting) expect(texts.accepts(spell(value)), value).toBe(true);
    for (const value of others) expect(texts.accepts(spell(value)), value).toBe(false);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["date", ["2024-02-28", "1999-12-01"], ["2024-13-01", "2024-02-32", "24-02-28"]],
    ["date-time", ["2024-02-28T23:59:59Z", "2024-02-28T00:00:00.5Z"], ["2024-02-28", "2024-02-28T24:00:00Z"]],
    ["time", ["23:59:59Z"], ["24:00:00Z"]],
    ["uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000"]],
    ["email", ["first.last+x@mail.example.org"], ["a@b", "a..b@c.de", "@c.de"]],
    ["ipv4", ["0.0.0.0", "255.255.255.255"], ["256.1.1.1", "1.1.1"]],
    ["uri", ["https://www.example.org/a/b?c=1"], ["www.example.org", "https://"]],
  ])("format %s", async (format, fitting, others) => {
    const texts = await openSchema({ type: "string", format });
    for (const value of fitting) expect(texts.accepts(JSON.stringify(value)), value).toBe(true);
    for (const value of others) expect(texts.accepts(JSON.stringify(value)), value).toBe(false);
  });
});

describe("zod", () => {
  test.each<[string, z.ZodType, readonly unknown[]]>([
    [
      "object",
      z.object({ a: z.string().min(1), b: z.number().int().optional(), c: z.enum(["x", "y"]) }),
      [{ a: "1", c: "x" }],
    ],
    ["strict object", z.strictObject({ a: z.boolean(), n: z.null() }), [{ a: true, n: null }]],
    ["record", z.record(z.string(), z.int()), [{}, { a: 1 }]],
    ["tuple", z.tuple([z.string(), z.number()]), [["a", 1.5]]],
    [
      "discriminated union",
      z.discriminatedUnion("k", [z.object({ k: z.literal("a"), v: z.int() }), z.object({ k: z.literal("b") })]),
      [{ k: "a", v: 1 }, { k: "b" }],
    ],
    ["intersection", z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })), [{ a: 1, b: "" }]],
    [
      "nullable and default",
      z.object({ a: z.string().nullable(), b: z.int().default(1) }),
      [{ a: null }, { a: "x", b: 2 }],
    ],
    [
      "formats",
      z.object({ m: z.email(), u: z.uuid(), d: z.iso.date(), t: z.iso.datetime(), l: z.url() }),
      [
        {
          m: "a@b.co",
          u: "123e4567-e89b-12d3-a456-426614174000",
          d: "2024-02-28",
          t: "2024-02-28T00:00:00Z",
          l: "https://a.bc/d",
        },
      ],
    ],
    [
      "bounds",
      z.object({ n: z.number().min(0.5).max(2), i: z.int().positive().lt(10), s: z.string().max(3) }),
      [{ n: 1.25, i: 9, s: "abc" }],
    ],
  ])("%s", async (_, schema, fitting) => {
    const texts = await openSchema(z.toJSONSchema(schema, { io: "input" }));
    for (const value of fitting) {
      expect(schema.safeParse(value).success).toBe(true);
      expect(texts.accepts(JSON.stringify(value)), JSON.stringify(value)).toBe(true);
    }
  });
});

describe("what cannot be enforced is an error that names it", () => {
  const endless = { $defs: { a: object({ a: { $ref: "#/$defs/a" } }) }, $ref: "#/$defs/a" };
  let deep: unknown = { const: 1 };
  for (let level = 0; level < 100; level++) deep = { type: "array", items: deep };

  test.each<[unknown, string]>([
    [{ type: "object", patternProperties: { a: {} } }, "#/patternProperties is a keyword"],
    [object({ a: { type: "string", foo: 1 } }), "#/properties/a/foo is a keyword"],
    [{ type: "array", items: {}, contains: {} }, "#/contains"],
    [{ type: "array", items: {}, uniqueItems: true }, "#/uniqueItems cannot be enforced"],
    [{ not: { type: "string" } }, "#/not is a keyword"],
    [{ if: {} }, "#/if"],
    [{ type: "file" }, '#/type "file" is not known'],
    [{ type: "string", minimum: 1 }, "#/minimum means nothing for the type string"],
    [{ type: "string", pattern: "(?=a)b" }, '#/pattern "(?=a)b" has a look-around'],
    [{ type: "string", pattern: "(a)\\1" }, "#/pattern"],
    [{ type: "string", pattern: "a\\b" }, "#/pattern"],
    [{ type: "string", pattern: "(^a|b)" }, "#/pattern"],
    [{ type: "string", pattern: "[" }, "is no regular expression"],
    [{ type: "string", pattern: "a{5000}" }, "the repetition {5000,5000}"],
    [{ type: "string", pattern: "^a+$", maxLength: 3 }, "#/maxLength cannot be enforced beside a pattern"],
    [{ type: "string", format: "iban" }, '#/format "iban" is not known. Known: date'],
    [{ type: "string", maxLength: 100_000 }, "#/maxLength above 2000"],
    [{ type: "string", minLength: 3, maxLength: 2 }, "#/maxLength 2 is below minLength 3"],
    [{ type: "string", minLength: "3" }, "#/minLength must be a whole number"],
    [{ type: "integer", minimum: 5, maximum: 4 }, "leave no number"],
    [{ type: "integer", minimum: "a" }, "#/minimum must be a number"],
    [{ type: "number", multipleOf: 0.3 }, "#/multipleOf 0.3 can be enforced only between bounds"],
    [{ type: "number", maximum: 1e300 }, "#/maximum 1e+300 is too large"],
    [{ type: "array", minItems: 5000 }, "#/minItems above 1000"],
    [{ enum: [] }, "#/enum must be a list"],
    [{ enum: ["a"], minLength: 1 }, "#/minLength cannot be enforced beside enum"],
    [{ const: 1, type: "string" }, "#/const has no value that fits"],
    [{ $ref: "#/$defs/none" }, '#/$ref "#/$defs/none" leads nowhere'],
    [{ $ref: "https://example.org/a.json" }, "#/$ref must be a pointer"],
    [{ $ref: "#" }, "No answer can fit"],
    [{ anyOf: [{ $ref: "#" }, { const: 1 }] }, "refers to itself"],
    [endless, "No answer can fit"],
    [{ allOf: [{ type: "string" }, { type: "integer" }] }, "#/type cannot be"],
    [{ allOf: [{ pattern: "a" }, { pattern: "b" }] }, "#/pattern has two values"],
    [
      { allOf: [object({ a: {} }, { additionalProperties: false }), object({ b: {} })] },
      '#/additionalProperties forbids "b"',
    ],
    [{ type: "object", properties: {}, required: ["a"], additionalProperties: false }, '#/required names "a"'],
    [object({ a: {} }, { minProperties: 2 }), "#/minProperties"],
    [{ type: "object", properties: [] }, "#/properties must be an object"],
    [{ anyOf: [] }, "#/anyOf must be a list"],
    [false, "must be a schema that something fits"],
    [object({ a: false }), "#/properties/a"],
    [deep, "more than 64 levels deep"],
    [{ description: "x".repeat(300_000), type: "string" }, "has 300"],
  ])("%#", async (schema, message) => {
    const error = await openSchema(schema).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "grammar", message: expect.stringContaining(message) });
  });
});
