import { describe, expect, test, vi } from "vitest";
import { GenerationError } from "../errors/generation-error.ts";
import { createPredictionStream, type StreamWork } from "./create-prediction-stream.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Says the words one by one, with a turn of the event loop between them, until it is aborted. */
function speaker(words: readonly string[], end: Error | null = null) {
  const seen = { started: 0, said: 0, signal: null as AbortSignal | null };
  const work: StreamWork<string> = async ({ signal, onText }) => {
    seen.started++;
    seen.signal = signal;
    for (const word of words) {
      await nextTurn();
      if (signal.aborted) throw signal.reason;
      seen.said++;
      onText(word);
    }
    if (end !== null) throw end;
    return words.join("");
  };
  return { work, seen };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("a stream that succeeds", () => {
  test("iterated, then asked for the whole", async () => {
    const { work, seen } = speaker(["a", "b", "c"]);
    const stream = createPredictionStream(work);
    expect(await collect(stream)).toEqual(["a", "b", "c"]);
    expect(await stream.finalCompletion()).toBe("abc");
    expect(await stream.finalCompletion()).toBe("abc");
    expect(await stream.outcome()).toEqual(["abc", null]);
    expect(seen.started).toBe(1);
    expect(seen.signal?.aborted).toBe(false);
  });

  test("asked for the whole without iterating", async () => {
    expect(await createPredictionStream(speaker(["a", "b"]).work).finalCompletion()).toBe("ab");
  });

  test("iterated after it has ended", async () => {
    const stream = createPredictionStream(speaker(["a", "b"]).work);
    await stream.finalCompletion();
    expect(await collect(stream)).toEqual(["a", "b"]);
  });

  test("work begins at the first use", async () => {
    const { work, seen } = speaker(["a"]);
    const stream = createPredictionStream(work);
    const iterator = stream[Symbol.asyncIterator]();
    await nextTurn();
    expect(seen.started).toBe(0);
    expect(await iterator.next()).toEqual({ done: false, value: "a" });
  });

  test("has one consumer", async () => {
    const stream = createPredictionStream(speaker(["a"]).work);
    await collect(stream);
    await expect(collect(stream)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(() => stream.events()).toThrow("already being read");
  });

  test("events are typed", async () => {
    const stream = createPredictionStream(speaker(["<th", "ink>why</think><ans", "wer>so", "</answer>"]).work);
    expect(await collect(stream.events())).toEqual([
      { type: "thinking-delta", text: "why" },
      { type: "text-delta", text: "so" },
      { type: "finish", response: "<think>why</think><answer>so</answer>" },
    ]);
  });

  test("events hold a JSON answer as far as it can be read, and only what changed", async () => {
    const pieces = ['{"vqa":{"ans', 'wer":"re', "d", '"', "}}"];
    const events = await collect(createPredictionStream(speaker(pieces).work).events());
    expect(events.filter(({ type }) => type === "object-delta")).toEqual([
      { type: "object-delta", object: { vqa: {} } },
      { type: "object-delta", object: { vqa: { answer: "re" } } },
      { type: "object-delta", object: { vqa: { answer: "red" } } },
    ]);
    expect(events.map(({ type }) => type).slice(0, 4)).toEqual([
      "text-delta",
      "object-delta",
      "text-delta",
      "object-delta",
    ]);
  });

  test("objects are read behind thinking, and not from plain text", async () => {
    const thinking = ["<think>{}</think>", "<answer>", "[1", ",2]</answer>"];
    const events = await collect(createPredictionStream(speaker(thinking).work).events());
    expect(events.flatMap((event) => (event.type === "object-delta" ? [event.object] : []))).toEqual([[], [1, 2]]);
    const plain = await collect(createPredictionStream(speaker(["see ", "[1", "]"]).work).events());
    expect(plain.map(({ type }) => type)).toEqual(["text-delta", "text-delta", "text-delta", "finish"]);
  });
});

describe("a stream that ends early", () => {
  test("break stops the work", async () => {
    const { work, seen } = speaker(["a", "b", "c", "d"]);
    const stream = createPredictionStream(work);
    for await (const word of stream) if (word === "b") break;
    await nextTurn();
    await nextTurn();
    expect(seen.signal?.aborted).toBe(true);
    expect(seen.said).toBeLessThan(4);
    await expect(stream.finalCompletion()).rejects.toMatchObject({ code: "aborted" });
  });

  test("break out of the events stops the work", async () => {
    const { work, seen } = speaker(["a", "b", "c", "d"]);
    for await (const event of createPredictionStream(work).events()) if (event.type === "text-delta") break;
    expect(seen.signal?.aborted).toBe(true);
  });

  test("break at the end changes nothing", async () => {
    const stream = createPredictionStream(speaker(["a", "b"]).work);
    await stream.finalCompletion();
    for await (const word of stream) if (word === "b") break;
    expect(await stream.finalCompletion()).toBe("ab");
  });

  test("abort, with the reason as the cause", async () => {
    const reason = new Error("enough");
    const { work, seen } = speaker(["a", "b", "c"]);
    const stream = createPredictionStream(work);
    const words: string[] = [];
    const reading = (async () => {
      for await (const word of stream) {
        words.push(word);
        stream.abort(reason);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "aborted", cause: reason });
    await expect(stream.finalCompletion()).rejects.toMatchObject({ code: "aborted", cause: reason });
    expect(words).toEqual(["a"]);
    expect(seen.signal?.reason).toBe(reason);
  });

  test("a reader who waits is woken by the caller's signal, also when the work does not listen", async () => {
    const controller = new AbortController();
    const stream = createPredictionStream<string>(() => new Promise(() => undefined), controller.signal);
    const reading = collect(stream);
    await nextTurn();
    controller.abort(new Error("time is up"));
    await expect(reading).rejects.toMatchObject({ code: "aborted", cause: { message: "time is up" } });
  });

  test("a signal that is aborted already keeps the work from starting", async () => {
    const { work, seen } = speaker(["a"]);
    const [result, error] = await createPredictionStream(work, AbortSignal.abort("no")).outcome();
    expect(result).toBeNull();
    expect(error).toMatchObject({ code: "aborted", cause: "no" });
    expect(seen.started).toBe(0);
  });

  test("await using stops the work", async () => {
    const { work, seen } = speaker(["a", "b", "c", "d"]);
    const stream = createPredictionStream(work);
    await stream[Symbol.asyncIterator]().next();
    await stream[Symbol.asyncDispose]();
    expect(seen.signal?.aborted).toBe(true);
    await createPredictionStream(work)[Symbol.asyncDispose]();
    expect(seen.started).toBe(1);
  });

  test("leaves no listener on the caller's signal", async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    await createPredictionStream(speaker(["a"]).work, signal).finalCompletion();
    expect(add).toHaveBeenCalled();
    expect(remove).toHaveBeenCalledTimes(add.mock.calls.length);
  });
});

describe("a stream that fails", () => {
  test("gives the text so far, then the same error everywhere", async () => {
    const failure = new GenerationError("not finite");
    const stream = createPredictionStream(speaker(["a", "b"], failure).work);
    const words: string[] = [];
    const thrown = await (async () => {
      for await (const word of stream) words.push(word);
    })().catch((error: unknown) => error);
    expect(words).toEqual(["a", "b"]);
    expect(thrown).toBe(failure);
    await expect(stream.finalCompletion()).rejects.toBe(failure);
    expect(await stream.outcome()).toEqual([null, failure]);
  });

  test("wraps what is no Ocellus error, also a synchronous one", async () => {
    const stream = createPredictionStream<string>(() => {
      throw new TypeError("oops");
    });
    await expect(stream.finalCompletion()).rejects.toMatchObject({ code: "generation", message: "oops" });
  });

  test("never as an unhandled rejection", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const stream = createPredictionStream(speaker(["a", "b"], new Error("late")).work);
    await stream[Symbol.asyncIterator]().next();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
