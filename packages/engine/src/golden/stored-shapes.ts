import { readFileSync } from "node:fs";
import { parseQwen25VlConfig, type Qwen25VlConfig } from "../families/qwen2-5-vl/config.ts";
import { qwen25VlNames } from "../families/qwen2-5-vl/weight-names.ts";

/** The parsed config.json of a golden checkpoint. */
export function goldenConfig(folder: string): Qwen25VlConfig {
  return parseQwen25VlConfig(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")));
}

/** Shapes of all tensors in a checkpoint's only weight file, under the names that the graphs use. */
export function storedShapes(folder: string): ReadonlyMap<string, readonly number[]> {
  const bytes = readFileSync(`${folder}/model.safetensors`);
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0))));
  const shapes = new Map<string, readonly number[]>();
  for (const [name, tensor] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const rule = qwen25VlNames.find(({ from }) => from.test(name));
    shapes.set(rule === undefined ? name : name.replace(rule.from, rule.to), (tensor as { shape: number[] }).shape);
  }
  return shapes;
}
