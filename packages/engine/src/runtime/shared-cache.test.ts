import { expect, test } from "vitest";
import { attentionMask } from "./attention-mask.ts";
import { KvCache } from "./kv-cache.ts";
import { createSeededRandom } from "./sampler/seeded-random.ts";
import { SharedCache } from "./shared-cache.ts";

const shape = { layers: 2, kvWidth: 3 };
const names = ["0.key", "0.value", "1.key", "1.value"];

/** Tokens of a sequence: those of the common beginning are alike in all sequences that have it. */
type Sequence = readonly number[];

/** Rows that tell token, place and layer. */
function outputs(tokens: readonly (readonly [token: number, place: number])[]): Record<string, Float32Array> {
  const rows = (name: number) => tokens.flatMap(([token, place]) => [token, place, name]);
  return Object.fromEntries(names.map((name, index) => [`present.${name}`, Float32Array.from(rows(index))]));
}

/** A cache whose content is known. */
class Answers {
  readonly cache = new SharedCache(shape);
  readonly sequences: number[][] = [];
  #next = 1000;

  /** @param keys of the prompt; one token of the answer is there already */
  join(keys: Sequence): void {
    const sequence = [...keys, this.#next++];
    const kv = new KvCache(shape);
    kv.append(outputs(sequence.map((token, place) => [token, place])), sequence.length);
    this.cache.join(kv, keys);
    this.sequences.push(sequence);
  }

  leave(at: number): void {
    this.cache.leave(at);
    const last = this.sequences.pop()!;
    if (at < this.sequences.length) this.sequences[at] = last;
  }

  forget(at: number, tokens: number): void {
    this.cache.forget(at, tokens);
    this.sequences[at]!.splice(this.sequences[at]!.length - tokens);
  }

  /** Checks what every new token sees, then appends the tokens. */
  grow(counts: readonly number[], window?: number): void {
    const grown = this.sequences.map((sequence, index) => [
      ...sequence,
      ...Array.from({ length: counts[index]! }, () => this.#next++),
    ]);
    const fresh = grown.flatMap((sequence, index) => {
      const past = this.sequences[index]!.length;
      return sequence.slice(past).map((token, offset) => [token, past + offset] as const);
    });
    const lines = this.#seenBy(counts, fresh, window);
    for (const [index, sequence] of grown.entries()) {
      const past = this.sequences[index]!.length;
      const alone = attentionMask(counts[index]!, past, { window });
      for (let token = 0; token < counts[index]!; token++) {
        const scores = alone.subarray(token * sequence.length, (token + 1) * sequence.length);
        expect(lines.shift()).toEqual(sequence.filter((_, place) => scores[place] === 0));
      }
    }
    this.cache.append(outputs(fresh), counts);
    for (const [index, sequence] of grown.entries()) this.sequences[index] = sequence;
  }

  /** The tokens that each new token sees, in the order of their places; the same in all keys and values. */
  #seenBy(counts: readonly number[], fresh: readonly (readonly [number, number])[], window?: number): number[][] {
    const mask = this.cache.mask(counts, window);
    const width = this.cache.rows + fresh.length;
    expect(mask.dims).toEqual([1, 1, fresh.length, width]);
    const feeds = this.cache.feeds();
    const stored = names.map((name, index) => {
      const data = feeds[`past.${name}`]!.data as Float32Array;
      return Array.from({ length: this.cache.rows }, (_, row) => {
        expect(data[3 * row + 2]).toBe(index);
        return [data[3 * row]!, data[3 * row + 1]!] as const;
      });
    });
    for (const rows of stored) expect(rows).toEqual(stored[0]);
    const columns = [...stored[0]!, ...fresh];
    return fresh.map((_, line) => {
      const scores = mask.data.subarray(line * width, (line + 1) * width);
      const seen = columns.filter((_, column) => scores[column] === 0);
      return seen.sort((a, b) => a[1] - b[1]).map(([token]) => token);
    });
  }
}

const beginning = Array.from({ length: 40 }, (_, token) => token);

test.each([undefined, 9])("every sequence sees its own, whatever joins, grows and leaves; window %s", (window) => {
  const random = createSeededRandom(5);
  const answers = new Answers();
  for (let turn = 0; turn < 250; turn++) {
    const { length } = answers.sequences;
    const action = random();
    if (length === 0 || (length < 5 && action < 0.2)) {
      const own = Array.from({ length: Math.floor(random() ** 2 * 300) }, (_, at) => 100_000 + 1000 * turn + at);
      answers.join([...beginning.slice(0, Math.floor(41 * random())), ...own, 7]);
    } else if (action > 0.9) answers.leave(Math.floor(random() * length));
    else {
      const counts = answers.sequences.map(() => 1 + Math.floor(random() * 3));
      answers.grow(counts, window);
      for (const [at, count] of counts.entries()) answers.forget(at, Math.floor(random() * count));
    }
  }
});

test("a common beginning is there once, and what nobody sees is closed up", () => {
  const answers = new Answers();
  const { cache } = answers;
  const own = (id: number, length: number) => Array.from({ length }, (_, at) => 10_000 * id + at);
  for (const id of [1, 2, 3]) answers.join([...beginning, ...own(id, 1000)]);
  expect(cache.rows).toBe(40 + 3 * 1001);
  expect(cache.waste(1040, [...beginning, ...own(4, 1000)])).toBe(3 * 1000 + 3 * 1001);
  answers.leave(0);
  answers.leave(0);
  expect(cache.rows).toBe(40 + 1001);
  answers.grow([2]);
  answers.forget(0, 1);
  expect(cache.rows).toBe(40 + 1002);
  answers.leave(0);
  expect(cache.rows).toBe(0);
});

test("a cache that has grown large serves small sequences behind that", () => {
  const answers = new Answers();
  // More than is kept of an empty cache: 128 MiB are 2.8 million rows of 4 · 3 numbers.
  const large = new KvCache(shape);
  large.reserve(2_000_000);
  large.append(outputs([]), 2_000_000);
  answers.cache.join(large, []);
  answers.cache.leave(0);
  answers.join([1, 2, 3]);
  answers.join([1, 2, 4]);
  answers.grow([1, 2]);
});
