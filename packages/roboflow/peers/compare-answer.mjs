// Compares an answer of the server with a recorded one: exact keys, numbers within 0.2 %, pictures by size and mean
// colour, placeholders by kind. See fixtures/roboflow/README.md.
import { decodeImage } from "@ocellus/media";

/** Members whose values need no equality. */
const free = new Set(["video_metadata", "time", "inference_id", "message", "inner_error_message", "inner_error_type"]);
const freeInErrors = new Set(["block_details", "property_details", "block_traceback", "block_type", "help_url"]);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Differences as texts. */
export async function differences(seen, recorded, place = "") {
  if (isObject(recorded)) {
    if (isObject(recorded.$image)) return await comparePicture(seen, recorded.$image, place);
    return await compareObject(seen, recorded, place);
  }
  if (Array.isArray(recorded)) {
    if (!Array.isArray(seen) || seen.length !== recorded.length) return [differ(place, seen, recorded)];
    return (await Promise.all(recorded.map((entry, i) => differences(seen[i], entry, `${place}[${i}]`)))).flat();
  }
  if (
    typeof recorded === "string" &&
    /<(uuid:\d+|timestamp|seconds|float|server id|text|traceback|snippet)>|0x…/.test(recorded)
  )
    return [];
  if (typeof recorded === "number") return near(seen, recorded) ? [] : [differ(place, seen, recorded)];
  return seen === recorded ? [] : [differ(place, seen, recorded)];
}

const near = (seen, recorded) =>
  typeof seen === "number" && Math.abs(seen - recorded) <= Math.max(1e-6, Math.abs(recorded) * 0.002);
const short = (value) => JSON.stringify(value)?.slice(0, 160);
const differ = (place, seen, recorded) => `${place}: ${short(seen)} instead of ${short(recorded)}`;

async function compareObject(seen, recorded, place) {
  if (!isObject(seen)) return [differ(place, seen, recorded)];
  const found = [];
  for (const key of new Set([...Object.keys(seen), ...Object.keys(recorded)])) {
    if (!(key in seen)) found.push(`${place}.${key} is missing`);
    else if (!(key in recorded)) found.push(`${place}.${key} is not recorded`);
    else if (!free.has(key) && !freeInErrors.has(key))
      found.push(...(await differences(seen[key], recorded[key], `${place}.${key}`)));
  }
  return found;
}

async function comparePicture(seen, recorded, place) {
  if (typeof seen !== "string") return [differ(place, seen, recorded)];
  const { data, width, height } = await decodeImage(Buffer.from(seen.replace(/^data:[^,]*,/, ""), "base64"));
  if (width !== recorded.width || height !== recorded.height) {
    return [`${place} has ${width}x${height}, not ${recorded.width}x${recorded.height}`];
  }
  const mean = (channel) => {
    let sum = 0;
    for (let i = channel; i < data.length; i += 3) sum += data[i];
    return sum / (data.length / 3);
  };
  return recorded.mean.every((value, channel) => Math.abs(mean(channel) - value) <= 4)
    ? []
    : [`${place} has another colour`];
}

/** No differences, or the message. */
export const expect = (isTrue, message) => (isTrue ? [] : [message]);

/** The error of a call that should fail. */
export const errorOf = (work) =>
  work.then(
    (value) => ({ name: "none", value }),
    (error) => error,
  );
