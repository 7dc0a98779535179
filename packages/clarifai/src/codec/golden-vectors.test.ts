import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "@ocellus/core";
import { describe, expect, it } from "vitest";
import { DataSchema, PostModelOutputsRequestSchema } from "../gen/clarifai/api/inference_pb.ts";
import { buildInput } from "../model/build-input.ts";
import { buildRequest } from "../model/request-template.ts";
import type { DataTypeName, MethodField, MethodSignature } from "../signatures/method-signature.ts";
import { decodeData } from "./decode-value.ts";
import { defaultMaxMediaBytes, type EncodeContext } from "./encode-context.ts";
import { encodePart } from "./encode-value.ts";

const field = (type: DataTypeName, ...typeArgs: MethodField[]): MethodField => ({
  name: "x",
  type,
  typeArgs,
  isIterator: false,
  isRequired: true,
  default: { kind: "none" },
  isParam: false,
  description: "",
  range: null,
  choices: [],
});
const named = (name: string, type: DataTypeName): MethodField => ({ ...field(type), name });
const context = (): EncodeContext => ({
  pending: [],
  signal: undefined,
  maxMediaBytes: defaultMaxMediaBytes,
  downloadUrls: false,
  allowPrivateAddresses: false,
});
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** One argument named `x` as a `Data` message with one part: made by the reference serializer (clarifai-python 12.5.0). */
const vectors: readonly (readonly [what: string, MethodField, value: unknown, hex: string])[] = [
  ["str hi", field("STR"), "hi", "9a010a0a05ca01026869120178"],
  ["str empty", field("STR"), "", "9a01050a00120178"],
  ["int 5", field("INT"), 5, "9a01080a03a80105120178"],
  ["int -1", field("INT"), -1, "9a01110a0ca801ffffffffffffffffff01120178"],
  ["float 0.5", field("FLOAT"), 0.5, "9a010f0a0ab101000000000000e03f120178"],
  ["true", field("BOOL"), true, "9a01080a03c00101120178"],
  ["false", field("BOOL"), false, "9a01050a00120178"],
  ["bytes", field("BYTES"), bytes(0, 255), "9a010a0a05ba010200ff120178"],
  ["json object", field("JSON_DATA"), { a: 1 }, "9a01180a13d201100a0e0a0161120911000000000000f03f120178"],
  [
    "json list",
    field("JSON_DATA"),
    [1, "b"],
    "9a01250a20d2011d0a1b0a055f6c697374121232100a0911000000000000f03f0a031a0162120178",
  ],
  ["text", field("TEXT"), "hi", "9a010b0a066a040a026869120178"],
  ["image url", field("IMAGE"), { url: "http://a/b" }, "9a01130a0e0a0c0a0a687474703a2f2f612f62120178"],
  ["image bytes", field("IMAGE"), { bytes: bytes(97, 98, 99) }, "9a010c0a070a051203616263120178"],
  ["concept", field("CONCEPT"), { name: "cat", value: 0.5 }, "9a01160a111a0f0a0363617412036361741d0000003f120178"],
  [
    "concepts",
    field("LIST", field("CONCEPT")),
    ["a", { name: "b", value: 0 }],
    "9a011a0a151a0b0a01611201611d0000803f1a060a0162120162120178",
  ],
  [
    "region box",
    field("REGION"),
    { id: "r", box: [0.25, 0.5, 0.75, 1] },
    "9a01220a1d5a1b0a017212160a140d0000003f150000803e1d0000803f250000403f120178",
  ],
  [
    "region point",
    field("REGION"),
    { id: "r", point: [0.25, 0.5], concepts: ["1"], trackId: "7" },
    "9a012a0a255a230a0172120c320a0d0000003f150000803e1a0d1a0b0a01311201311d0000803f2a0137120178",
  ],
  ["frame", field("FRAME"), { index: 3, time: 1.5 }, "9a010e0a0962070a05080310dc0b120178"],
  ["list of str", field("LIST", field("STR")), ["a", ""], "9a01130a0e9a01060a04ca0101619a01020a00120178"],
  ["empty list", field("LIST", field("STR")), [], "9a0103120178"],
  [
    "nested lists",
    field("LIST", field("LIST", field("INT"))),
    [[1], []],
    "9a01150a109a010a0a089a01050a03a801019a0100120178",
  ],
  [
    "tuple",
    field("TUPLE", field("INT"), field("STR")),
    [1, "a"],
    "9a011c0a179a01080a03a801011201309a01090a04ca010161120131120178",
  ],
  [
    "named fields",
    field("NAMED_FIELDS", named("a", "INT"), named("b", "STR")),
    { a: 1, b: "x" },
    "9a011c0a179a01080a03a801011201619a01090a04ca010178120162120178",
  ],
  [
    "ndarray",
    field("NDARRAY"),
    Float32Array.of(1, 2),
    "9a011e0a19a201160a080000803f000000401201021a07666c6f61743332120178",
  ],
  [
    "ndarray scalar",
    field("NDARRAY"),
    { data: BigInt64Array.of(5n), shape: [] },
    "9a01190a14a201110a0805000000000000001a05696e743634120178",
  ],
];

describe("golden vectors of the reference serializer", () => {
  it.each(vectors)("%s", (_, of, value, hex) => {
    const part = encodePart(of, value, "x", "arguments.x", context());
    expect(Buffer.from(toBinary(DataSchema, create(DataSchema, { parts: [part] }))).toString("hex")).toBe(hex);
    // The same bytes decode to a value that encodes to the same bytes.
    const decoded = decodeData(of, fromBinary(DataSchema, Buffer.from(hex, "hex")).parts[0]!.data, "x");
    const again = encodePart(of, stripNulls(decoded), "x", "arguments.x", context());
    expect(Buffer.from(toBinary(DataSchema, create(DataSchema, { parts: [again] }))).toString("hex")).toBe(hex);
  });

  it("a whole request", () => {
    const signature: MethodSignature = {
      name: "predict",
      kind: "unary",
      description: "",
      inputs: [named("prompt", "STR")],
      output: field("STR"),
    };
    const input = buildInput(signature, { prompt: "hi" }, context(), { checkParams: false });
    const request = buildRequest({ address: null, runnerSelector: null }, [input]);
    request.modelId = "m";
    expect(Buffer.from(toBinary(PostModelOutputsRequestSchema, request)).toString("hex")).toBe(
      "12016d2231122f2a1b0a190a0c5f6d6574686f645f6e616d6512091a07707265646963749a010f0a05ca01026869120670726f6d7074",
    );
  });
});

/** What decoding adds for reading (`mask: null`, `polygon: null`, the score of a region) is no argument. */
function stripNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));
}

describe("arguments that do not fit", () => {
  it.each([
    ["a fraction for INT", field("INT"), 1.5, "arguments.x must be an integer"],
    ["a number beyond 2^53 for INT", field("INT"), 2 ** 60, "arguments.x must be an integer"],
    ["a bigint beyond 64 bits", field("INT"), 2n ** 63n, "arguments.x must be an integer"],
    ["a boolean for INT", field("INT"), true, "arguments.x must be an integer"],
    ["a string for JSON", field("JSON_DATA"), "{}", "arguments.x must be a JSON object"],
    ["NaN inside JSON", field("JSON_DATA"), { a: [Number.NaN] }, "arguments.x.a[0]"],
    ["a bad item of a list", field("LIST", field("INT")), [1, "b"], "arguments.x[1]"],
    ["a short tuple", field("TUPLE", field("INT"), field("INT")), [1], "exactly 2"],
    ["a missing field", field("NAMED_FIELDS", named("a", "INT")), {}, "arguments.x.a is missing"],
    ["an unknown field", field("NAMED_FIELDS", named("a", "INT")), { a: 1, b: 2 }, "arguments.x.b"],
    ["a box of three numbers", field("REGION"), { box: [1, 2, 3] }, "arguments.x.box"],
    ["a region's unknown key", field("REGION"), { track_id: "1" }, 'Did you mean "trackId"'],
    ["a shape that does not fit", field("NDARRAY"), { data: Float32Array.of(1), shape: [2] }, "needs 8"],
    ["a ragged array", field("NDARRAY"), [[1, 2], [3]], "regular array"],
    ["a negative frame time", field("FRAME"), { time: -1 }, "arguments.x.time"],
    ["an empty media object", field("IMAGE"), {}, "arguments.x must be bytes"],
  ] as const)("%s", (_, of, value, message) => {
    expect(() => encodePart(of, value, "x", "arguments.x", context())).toThrow(InvalidArgumentError);
    expect(() => encodePart(of, value, "x", "arguments.x", context())).toThrow(message);
  });
});
