import { expect, test } from "vitest";
import { KvCache } from "./kv-cache.ts";

const shape = { layers: 2, kvWidth: 3 };

/** Rows that tell layer, part, and the token they belong to. */
function outputs(first: number, tokens: number): Record<string, Float32Array> {
  const rows = (offset: number) =>
    Float32Array.from({ length: tokens * 3 }, (_, index) => offset + first + Math.floor(index / 3) + (index % 3) / 10);
  return {
    "present.0.key": rows(0),
    "present.0.value": rows(10_000),
    "present.1.key": rows(20_000),
    "present.1.value": rows(30_000),
  };
}

/** The tokens that a cache feeds for one part, by the first number of each row. */
function tokens(cache: KvCache, name: string, offset: number): number[] {
  const { data, dims } = cache.feeds()[name]!;
  expect(dims).toEqual([1, cache.length, 3]);
  return Array.from({ length: cache.length }, (_, row) => Math.round(Number(data[row * 3])) - offset);
}

test("an empty cache feeds tensors without rows", () => {
  const feeds = new KvCache(shape).feeds();
  expect(Object.keys(feeds).sort()).toEqual(["past.0.key", "past.0.value", "past.1.key", "past.1.value"]);
  expect(Object.values(feeds).every(({ dims, data }) => dims.join() === "1,0,3" && data.length === 0)).toBe(true);
});

test("rows stay in order over many growths, in every layer", () => {
  const cache = new KvCache(shape);
  const sizes = [1, 5, 250, 1, 600, 3, 2000];
  for (const size of sizes) cache.append(outputs(cache.length, size), size);
  const all = Array.from({ length: 2860 }, (_, token) => token);
  expect(cache.length).toBe(2860);
  expect(tokens(cache, "past.0.key", 0)).toEqual(all);
  expect(tokens(cache, "past.1.value", 30_000)).toEqual(all);
});

test("feeding does not copy, and decoding does not grow at every token", () => {
  const cache = new KvCache(shape);
  cache.reserve(100);
  const before = cache.feeds()["past.0.key"]!.data.buffer;
  for (let token = 0; token < 100; token++) cache.append(outputs(token, 1), 1);
  expect(cache.feeds()["past.0.key"]!.data.buffer).toBe(before);
});

test("forgetting drops the last rows, and new ones take their place", () => {
  const cache = new KvCache(shape);
  cache.append(outputs(0, 10), 10);
  cache.truncate(4);
  cache.append(outputs(70, 2), 2);
  expect(tokens(cache, "past.1.key", 20_000)).toEqual([0, 1, 2, 3, 70, 71]);
  cache.truncate(99);
  expect(cache.length).toBe(6);
});

test("a fork shares the beginning and nothing else", () => {
  const cache = new KvCache(shape);
  cache.append(outputs(0, 10), 10);
  const fork = cache.fork(6);
  fork.append(outputs(50, 3), 3);
  cache.append(outputs(90, 1), 1);
  expect(tokens(fork, "past.0.value", 10_000)).toEqual([0, 1, 2, 3, 4, 5, 50, 51, 52]);
  expect(tokens(cache, "past.0.value", 10_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 90]);
});
