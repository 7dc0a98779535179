import { lastHidden } from "../blocks/text-decoder/score-logits.ts";
import { floatTensor } from "./host-tensor.ts";
import type { OnnxSession } from "./onnx-session.ts";

/**
 * Fewer tokens are not worth the other copy of the weights: few rows wait for memory, of which it reads twice as much
 * (measured at the shape of Qwen2.5-VL-3B: 8 tokens take 118 ms with int4 and 131 ms with int8, 16 take 187 and 168).
 */
const leastPrefillTokens = 16;

/** The decoder graphs of a model; both return `logits`. */
export interface DecoderSessions {
  readonly decoder: OnnxSession;
  /** The same with weights for many tokens at once. */
  readonly prefill?: OnnxSession | undefined;
}

/** The graph that so many tokens go through. */
export function sessionFor({ decoder, prefill }: DecoderSessions, tokens: number): OnnxSession {
  return prefill === undefined || tokens < leastPrefillTokens ? decoder : prefill;
}

/**
 * A graph that ends in front of the output head, together with that, which may be shared.
 *
 * @returns releasing it leaves `head` open
 */
export function withHead(layers: OnnxSession, head: OnnxSession): OnnxSession {
  return {
    async run(feeds) {
      const { [lastHidden.name]: hidden, ...states } = await layers.run(feeds);
      const scored = feeds.scored!.dims[0]!;
      const dims = [1, scored, hidden!.length / scored];
      return { ...states, ...(await head.run({ [lastHidden.name]: floatTensor(hidden!, dims) })) };
    },
    release: () => layers.release(),
  };
}
