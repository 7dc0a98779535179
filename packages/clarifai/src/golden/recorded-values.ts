import { isAbsolute, join } from "node:path";
import type { MethodField } from "../signatures/method-signature.ts";
import type { ConceptValue, FrameValue, RegionValue } from "../values/annotation-values.ts";
import type { MediaValue, TextValue } from "../values/media-values.ts";

type Tagged = Readonly<Record<string, never>>;

/** Reads a recorded argument (`{"$int":"5"}`, `{"$image":{url,bytes}}`, …) as a TypeScript caller would write it. */
export function fromRecorded(value: unknown, mediaFolder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => fromRecorded(item, mediaFolder));
  if (typeof value !== "object" || value === null) return value;
  const [tag, content] = Object.entries(value)[0] ?? ["", undefined];
  const read = readers[tag];
  if (read === undefined) throw new Error(`unknown recorded value ${tag}`);
  return read(content as never, mediaFolder);
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const media = ({ url, bytes }: { url: string; bytes: string }): object => ({ url, bytes: bytesOf(bytes) });
const list = (items: unknown[], folder: string): unknown[] => items.map((item) => fromRecorded(item, folder));
const fields = (items: object, folder: string): object =>
  Object.fromEntries(Object.entries(items).map(([key, item]) => [key, fromRecorded(item, folder)]));
const optional = (value: unknown, folder: string): unknown => (value === null ? null : fromRecorded(value, folder));

const readers: Readonly<Record<string, (content: never, folder: string) => unknown>> = {
  $int: (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
  $float: (value: number | string) =>
    typeof value === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[value] : value,
  $bytes: bytesOf,
  $text: (text: object) => text,
  $image: media,
  $audio: media,
  $video: media,
  $pil: ({ png }: { png: string }) => ({ bytes: bytesOf(png) }),
  $path: (path: string, folder) => (isAbsolute(path) ? path : join(folder, path)),
  $concept: (concept: object) => concept,
  $region: (region: Record<string, unknown>, folder) => ({
    id: region.id,
    box: region.box,
    point: region.point,
    mask: optional(region.mask, folder),
    trackId: region.track_id,
    text: region.text,
    concepts: fromRecorded(region.concepts, folder),
  }),
  $frame: (frame: Record<string, unknown>, folder) => ({
    index: frame.index,
    time: frame.time,
    image: optional(frame.image, folder),
    regions: fromRecorded(frame.regions, folder),
  }),
  $ndarray: ({ dtype, shape, data }: { dtype: string; shape: number[]; data: string }) => ({
    dtype,
    shape,
    bytes: bytesOf(data),
  }),
  $tuple: list,
  $named: fields,
  $dict: fields,
  $json: (json: unknown) => json,
  $iter: (items: unknown[], folder) => list(items, folder).values(),
};

/** Writes a result in the recorded form; the field says what a number or an object is. */
export function toRecorded(field: MethodField, value: unknown): unknown {
  return writers[field.type]?.(value as never, field) ?? null;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const float = (value: number): object => ({
  $float: Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : value === -Infinity ? "-inf" : value,
});
const mediaAs =
  (tag: string) =>
  (value: MediaValue | null): unknown =>
    value === null ? null : { [tag]: { url: value.url, bytes: base64(value.bytes) } };
const concept = (value: ConceptValue): object => ({ $concept: { ...value } });
const region = (value: RegionValue): object => ({
  $region: {
    id: value.id,
    box: value.box,
    point: value.point,
    mask: mediaAs("$image")(value.mask),
    track_id: value.trackId,
    text: value.text,
    concepts: value.concepts.map(concept),
  },
});
const frame = (value: FrameValue): object => ({
  $frame: {
    index: value.index,
    time: value.time,
    image: mediaAs("$image")(value.image),
    regions: value.regions.map(region),
  },
});
const json = (value: unknown): unknown => {
  if (typeof value === "number") return float(value);
  if (Array.isArray(value)) return value.map(json);
  return typeof value === "object" && value !== null ? { $json: value } : value;
};

const writers: Readonly<Record<string, (value: never, field: MethodField) => unknown>> = {
  STR: (value: string) => value,
  BYTES: (value: Uint8Array) => ({ $bytes: base64(value) }),
  INT: (value: number | bigint) => ({ $int: String(value) }),
  FLOAT: float,
  BOOL: (value: boolean) => value,
  JSON_DATA: json,
  TEXT: (value: TextValue) => ({ $text: { ...value } }),
  IMAGE: mediaAs("$image"),
  AUDIO: mediaAs("$audio"),
  VIDEO: mediaAs("$video"),
  CONCEPT: concept,
  REGION: region,
  FRAME: frame,
  NDARRAY: (value: { dtype: string; shape: number[]; bytes: Uint8Array } & Tagged) => ({
    $ndarray: { dtype: value.dtype, shape: value.shape, data: base64(value.bytes) },
  }),
  LIST: (value: unknown[], field) => value.map((item) => toRecorded(field.typeArgs[0]!, item)),
  TUPLE: (value: unknown[], field) => ({
    $tuple: value.map((item, index) => toRecorded(field.typeArgs[index]!, item)),
  }),
  NAMED_FIELDS: (value: Record<string, unknown>, field) => ({
    $named: Object.fromEntries(field.typeArgs.map((item) => [item.name, toRecorded(item, value[item.name])])),
  }),
};
