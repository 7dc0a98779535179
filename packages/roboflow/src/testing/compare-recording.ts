import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeImage, detectImageFormat, type Picture } from "@ocellus/media";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Compares what was seen with what was recorded; returns the differences as texts. */
export class RecordingComparison {
  readonly #images: string;
  readonly #texts: Readonly<Record<string, string>>;

  constructor(images: string, texts: Readonly<Record<string, string>>) {
    this.#images = images;
    this.#texts = texts;
  }

  /** Differences, each with its place. Numbers may differ by 0.2 %, re-encoded pictures by 4 in their mean colour. */
  async differences(seen: unknown, recorded: unknown, place: string): Promise<string[]> {
    if (isObject(recorded)) {
      if ("$image" in recorded) return await this.#picture(seen, recorded.$image as RecordedPicture, place);
      if ("$base64" in recorded) return this.#bytes(seen, recorded.$base64 as { sha256: string }, place);
      if ("$array" in recorded) return await this.#array(seen, recorded.$array as RecordedArray, place);
      if ("$pil" in recorded) return this.#pixels(seen, recorded.$pil as RecordedPixels, place);
      return await this.#object(seen, recorded, place);
    }
    if (Array.isArray(recorded)) return await this.#list(seen, recorded, place);
    if (typeof recorded === "number") return near(seen, recorded) ? [] : [differ(place, seen, recorded)];
    const expected = typeof recorded === "string" ? this.#fill(recorded) : recorded;
    return seen === expected ? [] : [differ(place, seen, expected)];
  }

  #fill(text: string): string {
    return Object.entries(this.#texts).reduce((filled, [name, value]) => filled.replaceAll(name, value), text);
  }

  async #object(seen: unknown, recorded: Record<string, unknown>, place: string): Promise<string[]> {
    // Attributes of Python's dataclasses are camelCase here, members of JSON objects are the server's.
    const isClass = "$class" in recorded;
    const wanted = Object.entries(recorded).filter(([key]) => key !== "$class");
    if (!isObject(seen)) return [differ(place, seen, recorded)];
    const names = wanted.map(([key]) => (isClass ? camelCase(key) : key));
    const extra = Object.keys(seen).filter((key) => !names.includes(key));
    const found = await Promise.all(
      wanted.map(([, value], i) =>
        names[i]! in seen
          ? this.differences(seen[names[i]!], value, `${place}.${names[i]}`)
          : [`${place}.${names[i]} is missing`],
      ),
    );
    return [...found.flat(), ...extra.map((key) => `${place}.${key} is not recorded`)];
  }

  async #list(seen: unknown, recorded: readonly unknown[], place: string): Promise<string[]> {
    if (!Array.isArray(seen) || seen.length !== recorded.length) return [differ(place, seen, recorded)];
    const found = await Promise.all(recorded.map((entry, i) => this.differences(seen[i], entry, `${place}[${i}]`)));
    return found.flat();
  }

  async #picture(seen: unknown, recorded: RecordedPicture, place: string): Promise<string[]> {
    if (typeof seen !== "string") return [differ(place, seen, recorded)];
    const bytes = Buffer.from(seen, "base64");
    if (recorded.file !== undefined) {
      const file = readFileSync(join(this.#images, recorded.file));
      return bytes.equals(file) ? [] : [`${place} is not ${recorded.file}`];
    }
    const format = detectImageFormat(bytes);
    if (format !== recorded.format) return [`${place} is ${format}, not ${recorded.format}`];
    const picture = await decodeImage(bytes);
    return this.#pixels(picture, { ...recorded, mean: recorded.mean_rgb! }, place);
  }

  #pixels(seen: unknown, recorded: RecordedPixels, place: string): string[] {
    if (!isObject(seen)) return [differ(place, seen, recorded)];
    const { width, height, data } = seen as unknown as Picture;
    if (width !== recorded.width || height !== recorded.height) {
      return [`${place} has ${width}x${height}, not ${recorded.width}x${recorded.height}`];
    }
    const means = [0, 1, 2].map((channel) => meanOf(data, channel, 3));
    const isClose = means.every((mean, channel) => Math.abs(mean - recorded.mean[channel]!) <= 4);
    return isClose ? [] : [differ(`${place} mean colour`, means, recorded.mean)];
  }

  #bytes(seen: unknown, recorded: { sha256: string }, place: string): string[] {
    if (typeof seen !== "string") return [differ(place, seen, recorded)];
    const sha256 = createHash("sha256").update(Buffer.from(seen, "base64")).digest("hex");
    return sha256 === recorded.sha256 ? [] : [`${place} holds other bytes`];
  }

  /** Float maps keep `[height, width]`, pictures `[height, width, 3]`, there in BGR order. */
  async #array(seen: unknown, recorded: RecordedArray, place: string): Promise<string[]> {
    if (!isObject(seen)) return [differ(place, seen, recorded)];
    const { width, height, data } = seen as unknown as Picture;
    const [rows, columns] = recorded.shape;
    if (height !== rows || width !== columns) return [`${place} has ${width}x${height}, not ${columns}x${rows}`];
    if (recorded.values !== undefined) {
      return await this.differences([...data], recorded.values.flat(), place);
    }
    const mean = meanOf(data, 0, 1);
    return Math.abs(mean - recorded.mean!) <= 1 ? [] : [differ(`${place} mean`, mean, recorded.mean)];
  }
}

interface RecordedPicture {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly file?: string;
  readonly mean_rgb?: readonly number[];
}
interface RecordedPixels {
  readonly width: number;
  readonly height: number;
  readonly mean: readonly number[];
}
interface RecordedArray {
  readonly shape: readonly number[];
  readonly values?: readonly (readonly number[])[];
  readonly mean?: number;
}

/** Python's spelling of a name in ours. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

const near = (seen: unknown, recorded: number): boolean =>
  typeof seen === "number" && Math.abs(seen - recorded) <= Math.max(1e-9, Math.abs(recorded) * 0.002);
const short = (value: unknown): string => JSON.stringify(value)?.slice(0, 200) ?? "undefined";
const differ = (place: string, seen: unknown, recorded: unknown): string =>
  `${place}: ${short(seen)} instead of ${short(recorded)}`;

function meanOf(data: ArrayLike<number>, from: number, step: number): number {
  let sum = 0;
  let count = 0;
  for (let i = from; i < data.length; i += step) {
    sum += data[i]!;
    count += 1;
  }
  return sum / count;
}
