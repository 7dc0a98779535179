import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { checkKnownKeys, describeValue, InvalidArgumentError } from "@ocellus/core";
import {
  type Concept,
  ConceptSchema,
  DataSchema,
  type Frame,
  FrameInfoSchema,
  FrameSchema,
  ImageSchema,
  MaskSchema,
  type Region,
  type RegionInfo,
  RegionInfoSchema,
  RegionSchema,
} from "../gen/clarifai/api/inference_pb.ts";
import type { ConceptInput, FrameInput, RegionInput } from "../values/annotation-values.ts";
import type { EncodeContext } from "./encode-context.ts";
import { encodeMedia } from "./encode-media.ts";

const regionKeys = ["id", "box", "point", "mask", "polygon", "trackId", "text", "concepts", "value"];
const frameKeys = ["index", "time", "image", "regions", "concepts"];

/** The message of a concept. The id defaults to the name's letters and digits, white space as `-`. */
export function encodeConcept(value: unknown, path: string): Concept {
  const input = typeof value === "string" ? { name: value } : checkObject(value, path, ["id", "name", "value"]);
  const { name, id, value: score = 1 } = input as Exclude<ConceptInput, string>;
  if (typeof name !== "string") throw mustBe(`${path}.name`, "a string", name);
  if (id !== undefined && typeof id !== "string") throw mustBe(`${path}.id`, "a string", id);
  if (typeof score !== "number") throw mustBe(`${path}.value`, "a number", score);
  return create(ConceptSchema, { id: id ?? conceptId(name), name, value: score });
}

/** `Traffic light #2 (ä)` → `Traffic-light-2-`: what is no ASCII letter, digit or white space goes. */
function conceptId(name: string): string {
  return name.replace(/[^a-zA-Z0-9\s]/g, "").replaceAll(" ", "-");
}

/** The message of a region. The id defaults to a random one. */
export function encodeRegion(value: unknown, path: string, context: EncodeContext): Region {
  const input = checkObject(value, path, regionKeys) as RegionInput;
  const region = create(RegionSchema, {
    id: checkText(input.id, `${path}.id`) ?? randomUUID().replaceAll("-", ""),
    trackId: checkText(input.trackId, `${path}.trackId`) ?? "",
    value: input.value ?? 0,
  });
  const info = encodeRegionInfo(input, path, context);
  if (info !== null) region.regionInfo = info;
  const text = checkText(input.text, `${path}.text`) ?? "";
  const concepts = checkList(input.concepts ?? [], `${path}.concepts`);
  if (text !== "" || concepts.length > 0) {
    region.data = create(DataSchema, {
      concepts: concepts.map((concept, index) => encodeConcept(concept, `${path}.concepts[${index}]`)),
      ...(text === "" ? {} : { text: { raw: text } }),
    });
  }
  return region;
}

function encodeRegionInfo(input: RegionInput, path: string, context: EncodeContext): RegionInfo | null {
  const box = checkNumbers(input.box, `${path}.box`, [4]);
  const point = checkNumbers(input.point, `${path}.point`, [2, 3]);
  const polygon = input.polygon ?? null;
  const mask = input.mask ?? null;
  if (box === null && point === null && mask === null && polygon === null) return null;
  const info = create(RegionInfoSchema, {
    ...(box === null
      ? {}
      : { boundingBox: { leftCol: box[0]!, topRow: box[1]!, rightCol: box[2]!, bottomRow: box[3]! } }),
    ...(point === null ? {} : { point: { col: point[0]!, row: point[1]!, z: point[2] ?? 0 } }),
    ...(polygon === null ? {} : { polygon: { points: encodePolygon(polygon, `${path}.polygon`) } }),
  });
  if (mask !== null) {
    const image = create(ImageSchema);
    encodeMedia(mask, image, `${path}.mask`, context);
    info.mask = create(MaskSchema, { image });
  }
  return info;
}

function encodePolygon(polygon: unknown, path: string): { col: number; row: number }[] {
  return checkList(polygon, path).map((corner, index) => {
    const numbers = checkNumbers(corner, `${path}[${index}]`, [2]);
    if (numbers === null) throw mustBe(`${path}[${index}]`, "[x, y]", corner);
    return { col: numbers[0]!, row: numbers[1]! };
  });
}

/** The message of a frame; seconds become whole milliseconds, cut off. */
export function encodeFrame(value: unknown, path: string, context: EncodeContext): Frame {
  const input = checkObject(value, path, frameKeys) as FrameInput;
  const { index = 0, time = 0 } = input;
  if (!Number.isInteger(index) || index < 0 || index > 2 ** 32 - 1)
    throw mustBe(`${path}.index`, "a frame number", index);
  if (typeof time !== "number" || !(time >= 0) || time * 1000 > 2 ** 32 - 1) {
    throw mustBe(`${path}.time`, "seconds from 0 to 4294967", time);
  }
  const regions = checkList(input.regions ?? [], `${path}.regions`);
  const concepts = checkList(input.concepts ?? [], `${path}.concepts`);
  const image = input.image ?? null;
  const timeMs = Math.trunc(time * 1000);
  const frame = create(FrameSchema);
  if (index !== 0 || timeMs !== 0) frame.frameInfo = create(FrameInfoSchema, { index, time: BigInt(timeMs) });
  if (image === null && regions.length === 0 && concepts.length === 0) return frame;
  const data = create(DataSchema, {
    regions: regions.map((region, place) => encodeRegion(region, `${path}.regions[${place}]`, context)),
    concepts: concepts.map((concept, place) => encodeConcept(concept, `${path}.concepts[${place}]`)),
  });
  if (image !== null) {
    data.image = create(ImageSchema);
    encodeMedia(image, data.image, `${path}.image`, context);
  }
  frame.data = data;
  return frame;
}

function checkObject(value: unknown, path: string, keys: readonly string[]): object {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw mustBe(path, "an object", value);
  }
  checkKnownKeys(value, keys, path);
  return value;
}

function checkText(value: unknown, path: string): string | undefined {
  if (value !== undefined && typeof value !== "string") throw mustBe(path, "a string", value);
  return value;
}

function checkList(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw mustBe(path, "a list", value);
  return value;
}

function checkNumbers(value: unknown, path: string, lengths: readonly number[]): readonly number[] | null {
  if (value === undefined || value === null) return null;
  const numbers = checkList(value, path);
  if (lengths.includes(numbers.length) && numbers.every(Number.isFinite)) return numbers as readonly number[];
  throw mustBe(path, `a list of ${lengths.join(" or ")} finite numbers`, value);
}

function mustBe(path: string, kind: string, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`${path} must be ${kind}; got ${describeValue(value)}.`);
}
