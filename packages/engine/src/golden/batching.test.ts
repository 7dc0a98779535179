import { AbortedError, type Answer, type AnswerRequest, taskDefinitions } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSeededRandom } from "../runtime/sampler/seeded-random.ts";
import { goldenMessages, readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { greedyRequest, openWatchedEngine, type WatchedEngine } from "./golden-engine.ts";

/** M-RoPE; deepstack rows and another M-RoPE; tiles and plain positions; layers with a window. */
const names = ["qwen2_5_vl", "qwen3_vl", "smolvlm", "gemma3"];

/** Random weights never repeat themselves of their own accord. */
const repetitive = { type: "string", pattern: "^(a|is){40,60}$" };

describe.each(names)("%s: answers made together are those made alone", (name) => {
  const golden = readGoldenCheckpoint(name);
  const stopTokenIds = golden.eosTokenIds;
  const cases = golden.cases.filter(({ kind }) => ["text", "image", "images"].includes(kind));
  let watched: WatchedEngine;
  let guessing: WatchedEngine;
  let alone: unknown[];
  let runsAlone: number;

  beforeAll(async () => {
    watched = await openWatchedEngine(golden.folder, 1 << 20, { maxBatchSize: 5 });
    guessing = await openWatchedEngine(golden.folder, 1 << 20, { maxBatchSize: 5 }, "prompt-lookup");
    watched.watch();
    alone = await askInTurn(watched);
    runsAlone = watched.runs.length;
  });

  afterAll(async () => {
    await watched?.delete();
    await guessing?.delete();
  });

  function ask(request: AnswerRequest, signal = new AbortController().signal, onText = (_: string) => {}) {
    return watched.engine.answer(request, { signal, onText });
  }

  async function askInTurn({ engine }: WatchedEngine): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (const request of requests) {
      const pieces: string[] = [];
      const signal = new AbortController().signal;
      const answer = await engine.answer(request, { signal, onText: (piece) => pieces.push(piece) });
      expect(pieces.join("")).toBe(answer.text);
      answers.push(visible(answer));
    }
    return answers;
  }

  /** The question of a case with other settings: no two are alike in length, form and choice of tokens. */
  function varied(seed: number): AnswerRequest {
    const random = createSeededRandom(seed);
    const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)]!;
    const goldenCase = pick(cases);
    const sampled = { doSample: true, temperature: 1.3, topP: 0.95, topK: 40, minP: 0.01, seed };
    const config = {
      ...pick([{}, sampled, { repetitionPenalty: 1.2 }, { noRepeatNgramSize: 2 }, { stopStrings: ["a", "is"] }]),
      ...{ minNewTokens: 0, stopTokenIds },
    };
    const request = greedyRequest(goldenMessages(goldenCase), 4 + Math.floor(100 * random()), config);
    const task = pick(["generic", "generic", "vqa", "phrase-grounding"] as const);
    const structured = {
      ...request,
      task,
      definition: taskDefinitions[task],
      schema: task === "generic" && random() < 0.5 ? repetitive : null,
      cot: task !== "generic" && random() < 0.3,
    };
    return { ...structured, templateOptions: goldenCase.template_kwargs };
  }

  const requests = Array.from({ length: 24 }, (_, seed) => varied(seed));

  const visible = ({ text, tokenIds, finishReason, usage }: Answer) => [
    text,
    tokenIds,
    finishReason,
    usage.inputTokens,
  ];

  test("whatever joins, leaves and is aborted on the way", async () => {
    const random = createSeededRandom(99);
    const controllers = requests.map(() => new AbortController());
    watched.watch((count) => {
      if (count % 6 === 0) controllers[Math.floor(random() * controllers.length)]!.abort();
    });
    const outcomes = await Promise.all(
      requests.map((request, index) => {
        const pieces: string[] = [];
        return ask(request, controllers[index]!.signal, (piece) => pieces.push(piece)).then(
          (answer) => {
            expect(pieces.join("")).toBe(answer.text);
            expect(answer.usage.outputTokens).toBe(answer.tokenIds.length);
            return visible(answer);
          },
          (error: unknown) => AbortedError.isInstance(error),
        );
      }),
    );
    const answered = outcomes.filter((outcome) => outcome !== true);
    expect(answered.length).toBeGreaterThan(4);
    expect(answered.length).toBeLessThan(requests.length);
    for (const [index, outcome] of outcomes.entries()) if (outcome !== true) expect(outcome).toEqual(alone[index]);
    expect(visible(await ask(requests[0]!)), "nothing is left behind").toEqual(alone[0]);
  });

  test("with guesses at the next tokens, alone and together", async () => {
    guessing.watch();
    expect(await askInTurn(guessing)).toEqual(alone);
    expect(guessing.runs.length, "guesses come true").toBeLessThan(0.95 * runsAlone);
    const together = requests.map((request) => {
      const { signal } = new AbortController();
      return guessing.engine.answer(request, { signal, onText: () => undefined });
    });
    expect((await Promise.all(together)).map(visible)).toEqual(alone);
  });
});
