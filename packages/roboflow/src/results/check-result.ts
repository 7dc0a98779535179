import { InvalidResponseError } from "../errors/invalid-response-error.ts";
import { isJsonObject, type JsonObject } from "../transport/read-json.ts";

/** Fields of predictions, points and results, and the type that they have when they are there. */
const fieldTypes: Readonly<Record<string, "number" | "string" | "list">> = {
  x: "number",
  y: "number",
  width: "number",
  height: "number",
  confidence: "number",
  class_id: "number",
  class: "string",
  detection_id: "string",
  points: "list",
  keypoints: "list",
  predicted_classes: "list",
  embeddings: "list",
  time: "number",
};

/**
 * Checks one result of a model: it must be an object, and the fields that this package types must have their types
 * where they are present (null counts as absent). Unknown fields pass.
 *
 * @throws InvalidResponseError that names the field
 */
export function checkResult(value: unknown, path: string): JsonObject {
  const fail = (what: string): never => {
    throw new InvalidResponseError(`${path} answered with ${what}.`, { status: 200, url: path });
  };
  if (!isJsonObject(value)) return fail("a result that is no object");
  checkFields(value, "", fail);
  const { predictions } = value;
  if (Array.isArray(predictions)) {
    for (const [index, entry] of predictions.entries()) checkPrediction(entry, `predictions[${index}]`, fail);
  } else if (predictions !== undefined && predictions !== null && !isJsonObject(predictions)) {
    fail("predictions that are neither a list nor an object");
  }
  return value;
}

function checkPrediction(entry: unknown, place: string, fail: (what: string) => never): void {
  const prediction = isJsonObject(entry) ? entry : fail(`${place} that is no object`);
  checkFields(prediction, `${place}.`, fail);
  for (const name of ["points", "keypoints"]) {
    const points = prediction[name];
    if (!Array.isArray(points)) continue;
    for (const [index, point] of points.entries()) {
      const at = `${place}.${name}[${index}]`;
      checkFields(isJsonObject(point) ? point : fail(`${at} that is no object`), `${at}.`, fail);
    }
  }
}

function checkFields(value: JsonObject, place: string, fail: (what: string) => never): void {
  for (const [name, type] of Object.entries(fieldTypes)) {
    const field = value[name];
    if (field === undefined || field === null) continue;
    const fits = type === "list" ? Array.isArray(field) : typeof field === type;
    if (!fits) fail(`${place}${name} that is no ${type}`);
  }
}
