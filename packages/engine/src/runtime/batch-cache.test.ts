import { expect, test } from "vitest";
import { BatchCache } from "./batch-cache.ts";
import { KvCache } from "./kv-cache.ts";
import { createSeededRandom } from "./sampler/seeded-random.ts";

const shape = { layers: 2, kvWidth: 3 };
const names = ["0.key", "0.value", "1.key", "1.value"];

/** Rows that tell sequence, place and layer. */
const row = (id: number, place: number, name: number): number[] => [1000 * id + place, name, 0.5];

function outputs(places: readonly (readonly [id: number, place: number] | null)[]): Record<string, Float32Array> {
  const rows = (name: number) => places.flatMap((at) => (at === null ? [9e9, 9e9, 9e9] : row(at[0], at[1], name)));
  return Object.fromEntries(names.map((name, index) => [`present.${name}`, Float32Array.from(rows(index))]));
}

/** What the graph is given of each sequence. */
function fed(cache: BatchCache): number[][][] {
  const feeds = cache.feeds();
  return names.map((name) => {
    const { dims, data } = feeds[`past.${name}`]!;
    expect(dims).toEqual([cache.lengths.length, cache.context, shape.kvWidth]);
    expect(data.length).toBe(dims.reduce((product, side) => product * side));
    return cache.lengths.map((length, at) => {
      const start = at * cache.context * shape.kvWidth;
      return Array.from(data.subarray(start, start + length * shape.kvWidth), Number);
    });
  });
}

/** A batch whose content is known. */
class Batch {
  readonly cache = new BatchCache(shape);
  readonly members: { id: number; length: number }[] = [];

  join(id: number, length: number): void {
    const kv = new KvCache(shape);
    kv.append(outputs(Array.from({ length }, (_, place) => [id, place] as const)), length);
    this.cache.join(kv);
    this.members.push({ id, length });
  }

  leave(at: number): void {
    this.cache.leave(at);
    const last = this.members.pop()!;
    if (at < this.members.length) this.members[at] = last;
  }

  grow(counts: readonly number[]): void {
    const tokens = Math.max(...counts);
    const places = this.members.flatMap(({ id, length }, index) => {
      const padding = tokens - counts[index]!;
      const place = (token: number) => (token < padding ? null : ([id, length + token - padding] as const));
      return Array.from({ length: tokens }, (_, token) => place(token));
    });
    this.cache.append(outputs(places), counts);
    for (const [index, member] of this.members.entries()) member.length += counts[index]!;
  }

  expectIntact(): void {
    const own = (id: number, length: number, name: number) =>
      Array.from({ length }, (_, place) => row(id, place, name)).flat();
    expect(fed(this.cache)).toEqual(
      names.map((_, name) => this.members.map(({ id, length }) => own(id, length, name))),
    );
  }
}

test("every sequence keeps its own keys and values, whatever joins, grows and leaves", () => {
  const random = createSeededRandom(3);
  const batch = new Batch();
  for (let turn = 0; turn < 400; turn++) {
    const action = random();
    const { length } = batch.members;
    if (length === 0 || (length < 6 && action < 0.15)) batch.join(turn, 1 + Math.floor(random() ** 3 * 700));
    else if (action > 0.9) batch.leave(Math.floor(random() * length));
    else batch.grow(batch.members.map(() => 1 + Math.floor(random() * 3)));
    if (turn % 7 === 0 && batch.members.length > 0) batch.expectIntact();
  }
});

test("the room behind short sequences is bounded when a long one has left, and a lone one has none", () => {
  const batch = new Batch();
  const { cache } = batch;
  for (const length of [10, 3000, 20]) batch.join(length, length);
  expect(cache.context).toBeGreaterThan(3000);
  batch.leave(1);
  expect(cache.context).toBeLessThan(200);
  batch.leave(0);
  expect(cache.context).toBe(20);
});
