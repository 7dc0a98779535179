import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { precisionPlan } from "../checkpoint/precision.ts";
import { readGoldenCheckpoint } from "../golden/golden-checkpoint.ts";
import { type GoldenGraphs, openGoldenGraphs } from "../golden/golden-graphs.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { Decoder } from "./decoder.ts";
import { embedTokens } from "./embed-prompt.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { type EngineSessions, openSessions, releaseSessions } from "./open-sessions.ts";
import { planGraphs } from "./plan-graphs.ts";
import { SequenceState } from "./sequence-state.ts";
import { SharedCache } from "./shared-cache.ts";
import { stepBatch } from "./step-batch.ts";

// Keys and values alone, and with recurrent states beside them.
describe.each(["qwen2_5_vl", "qwen3_5"])("%s", (name) => {
  const golden = readGoldenCheckpoint(name);
  const { input_ids: ids, logits } = golden.cases.find(({ id }) => id === "multi-turn")!;
  const expected = golden.tensor(logits.tensor);

  let graphs: GoldenGraphs;

  beforeAll(async () => {
    graphs = await openGoldenGraphs(golden.folder);
  });

  afterAll(() => graphs?.delete());

  /** Appends the ids from `start` to `end` at their text positions. */
  function append(decoder: Decoder, start: number, end: number, beforeChunk = async () => {}): Promise<Float32Array> {
    const positions = Array.from({ length: end - start }, (_, index) => start + index);
    const embeddings = embedTokens(graphs.model, ids.slice(start, end));
    return decoder.append(embeddings, Int32Array.from([...positions, ...positions, ...positions]), beforeChunk);
  }

  const difference = (actual: Float32Array): number =>
    actual.reduce((largest, value, index) => Math.max(largest, Math.abs(value - expected[index]!)), 0);

  describe("the scores after a prompt are the reference's", () => {
    test("in one piece", async () => {
      const decoder = new Decoder(graphs, graphs.model);
      expect(difference(await append(decoder, 0, ids.length))).toBeLessThan(2e-3);
    });

    test.each([[[1]], [[40]], [[ids.length - 1]], [[7, 8, 9, 50]]])("cut at %j", async (cuts) => {
      const decoder = new Decoder(graphs, graphs.model);
      let start = 0;
      for (const end of cuts) {
        await append(decoder, start, end);
        start = end;
      }
      expect(difference(await append(decoder, start, ids.length))).toBeLessThan(2e-3);
    });

    test("token by token", async () => {
      const decoder = new Decoder(graphs, graphs.model);
      for (let token = 0; token < ids.length - 1; token++) await append(decoder, token, token + 1);
      expect(difference(await append(decoder, ids.length - 1, ids.length))).toBeLessThan(2e-3);
    });
  });

  describe("with a copy of the layers for prompts", () => {
    let folder: string;
    let sessions: EngineSessions;
    const runs: string[] = [];
    const counted = (name: string, session: OnnxSession): OnnxSession => ({
      ...session,
      run(feeds) {
        runs.push(`${name} ${feeds.inputs_embeds!.dims[1]}`);
        return session.run(feeds);
      },
    });

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ocellus-prefill-"));
      const plan = { ...precisionPlan("float32"), prefill: { kind: "float32" } } as const;
      for (const [name, graph] of Object.entries(planGraphs(graphs.model, plan))) {
        await writeOnnxModel(graph, { folder, name });
      }
      const { signal } = new AbortController();
      const opened = await openSessions(folder, { threads: 1, hasCopy: true, signal });
      sessions = {
        ...opened,
        decoder: counted("decoder", opened.decoder),
        prefill: counted("prefill", opened.prefill!),
      };
    });

    afterAll(async () => {
      if (sessions !== undefined) await releaseSessions(sessions);
      await rm(folder, { recursive: true, force: true });
    });

    test("it runs many tokens; few tokens do without it", async () => {
      const decoder = new Decoder(sessions, graphs.model);
      await append(decoder, 0, 40);
      await append(decoder, 40, 50);
      await append(decoder, 50, ids.length - 1);
      expect(difference(await append(decoder, ids.length - 1, ids.length))).toBeLessThan(2e-3);
      expect(runs).toEqual(["prefill 40", "decoder 10", `prefill ${ids.length - 51}`, "decoder 1"]);
      expect(difference(await append(new Decoder(sessions, graphs.model), 0, ids.length))).toBeLessThan(2e-3);
    });

    // Recurrent layers take one sequence.
    test.runIf(name === "qwen2_5_vl")("it runs the tokens of many answers", async () => {
      const cache = new SharedCache(graphs.model.decoder);
      const state = new SequenceState(graphs.model.decoder);
      await append(new Decoder(sessions, graphs.model, state), 0, ids.length - 1);
      const last = ids.length - 1;
      const embeddings = embedTokens(graphs.model, [ids[last]!]);
      const input = { embeddings, positions: new Int32Array(3).fill(last), scored: 1 };
      const inputs = new Array<typeof input>(16).fill(input);
      for (const _ of inputs) cache.join(state.kv, ids.slice(0, last));
      runs.length = 0;
      const scores = await stepBatch(sessions, graphs.model, cache, inputs);
      expect(runs).toEqual(["prefill 16"]);
      for (const [logits] of scores) expect(difference(logits!)).toBeLessThan(2e-3);
    });
  });

  test("two conversations on one session do not see each other", async () => {
    const [one, other] = [new Decoder(graphs, graphs.model), new Decoder(graphs, graphs.model)];
    await append(one, 0, 30);
    await append(other, 5, 11);
    expect(difference(await append(one, 30, ids.length))).toBeLessThan(2e-3);
  });

  test("a state is taken up again where it was remembered", async () => {
    const state = new SequenceState(graphs.model.decoder);
    state.rememberAt([10, 33]);
    await append(new Decoder(graphs, graphs.model, state), 0, 50);
    expect([state.length, state.reusable(40) >= 33]).toEqual([50, true]);
    for (const start of [33, 10]) {
      const again = new Decoder(graphs, graphs.model, state.fork(start));
      expect(difference(await append(again, start, ids.length))).toBeLessThan(2e-3);
    }
  });

  test("it asks before every chunk whether to go on", async () => {
    const decoder = new Decoder(graphs, graphs.model);
    const tokens = 1300;
    const embeddings = embedTokens(graphs.model, new Array(tokens).fill(5));
    let chunks = 0;
    await decoder.append(embeddings, new Int32Array(3 * tokens), async () => {
      chunks++;
    });
    expect(chunks).toBe(3);
    const stop = new Error("stop");
    const stopped = append(decoder, 0, 10, () => Promise.reject(stop));
    await expect(stopped).rejects.toBe(stop);
  });
});
