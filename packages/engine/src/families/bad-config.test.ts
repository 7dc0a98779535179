import { ModelLoadError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelCheckpoint, openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { goldenNames } from "../golden/golden-checkpoint.ts";
import { fixturesFolder } from "../golden/scratch-checkpoint.ts";
import { familyOf } from "./registry.ts";

type Json = Record<string, unknown>;

/** What a file may hold instead of what it should; `undefined` stands for a key that is missing. */
const wrong = [undefined, "many", -3, 1e9, {}];

/** The checkpoint with another content of one JSON file; `undefined` takes the file away. */
function withFile(checkpoint: ModelCheckpoint, file: string, json: unknown): ModelCheckpoint {
  const replaced = {
    has: (name: string) => (name === file ? json !== undefined : checkpoint.has(name)),
    readJson: async (name: string) => {
      if (name !== file) return await checkpoint.readJson(name);
      if (json === undefined) throw new ModelLoadError(`${name} is missing.`);
      return structuredClone(json);
    },
  };
  return new Proxy(checkpoint, {
    get: (target, key) => {
      if (Object.hasOwn(replaced, key)) return Reflect.get(replaced, key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Every key of a JSON object and of the objects in it. */
function* keysOf(json: Json, path: readonly string[] = []): Generator<readonly string[]> {
  for (const [key, value] of Object.entries(json)) {
    yield [...path, key];
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      yield* keysOf(value as Json, [...path, key]);
  }
}

function changed(json: Json, path: readonly string[], value: unknown): Json {
  const copy = structuredClone(json);
  const holder = path.slice(0, -1).reduce<Json>((object, key) => object[key] as Json, copy);
  if (value === undefined) delete holder[path.at(-1)!];
  else holder[path.at(-1)!] = value;
  return copy;
}

describe.each(goldenNames.filter((name) => !name.includes("-") || name === "nvila-flat"))("%s", (name) => {
  let checkpoint: ModelCheckpoint;

  beforeAll(async () => {
    checkpoint = await openModelCheckpoint(`${fixturesFolder}checkpoints/${name}`);
  });
  afterAll(() => checkpoint?.close());

  /** What opening the family with another content of a file says; `undefined` when it opens. */
  const complaint = async (file: string, json: unknown): Promise<unknown> => {
    try {
      const damaged = withFile(checkpoint, file, json);
      const model = await familyOf(await damaged.readJson("config.json")).open(damaged, {});
      model.graphs({ vision: { kind: "float32" }, decoder: { kind: "float32" } });
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test.each(["config.json", "preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"])(
    "%s with a key that is missing or wrong: it opens without, or the error names file or weight",
    async (file) => {
      if (!checkpoint.has(file)) return;
      const json = (await checkpoint.readJson(file)) as Json;
      let refused = 0;
      for (const path of keysOf(json)) {
        for (const value of wrong) {
          const error = await complaint(file, changed(json, path, value));
          if (error === undefined) continue;
          refused++;
          const label = `${path.join(".")} = ${JSON.stringify(value)}: ${(error as Error).stack}`;
          expect(ModelLoadError.isInstance(error), label).toBe(true);
          expect((error as Error).message, label).toMatch(/\.json|Weight "/);
        }
      }
      if (file === "config.json") expect(refused).toBeGreaterThan(20);
    },
  );

  test("no settings of a processor: the family has its own, or the error names the file", async () => {
    const error = await complaint("preprocessor_config.json", undefined);
    if (error === undefined) return;
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(/preprocessor_config\.json/);
  });

  test("a vocabulary that the embedding does not have", async () => {
    const file = name === "nvila" ? "llm/config.json" : "config.json";
    const error = await complaint(file, grown((await checkpoint.readJson(file)) as Json));
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(
      /embed_tokens\.weight" has shape \[\d+, \d+\] but .*asks for \[\d+, \d+\]/,
    );
  });
});

/** One more entry in every vocabulary that is named. */
function grown(config: Json): Json {
  const paths = [...keysOf(config)].filter((path) => path.at(-1) === "vocab_size");
  return paths.reduce((json, path) => {
    const size = path.reduce<unknown>((object, key) => (object as Json)[key], json) as number;
    return changed(json, path, size + 1);
  }, config);
}
