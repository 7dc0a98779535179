import { type AnswerRequest, InvalidArgumentError } from "@ocellus/core";
import type { ServerKind } from "../server/server-kind.ts";

/** Parameters that a server may not know, and what was found out about them. */
export interface ParameterPlan {
  /** OpenAI's reasoning models refuse `max_tokens`; Ollama and older servers know nothing else. */
  readonly maxTokensName: "max_tokens" | "max_completion_tokens";
  /** False for models that refuse any temperature but their own. Only the default is ever left out. */
  readonly sendsDefaultTemperature: boolean;
}

/**
 * The generation settings on the wire. `maxNewTokens` and greedy decoding are sent even when the caller said nothing,
 * since they are part of the call's contract and servers have other defaults (vLLM takes the checkpoint's
 * `generation_config.json`); everything else only when the caller gave it, since OpenAI refuses what it does not know.
 *
 * @throws InvalidArgumentError for a setting that no server has
 */
export function samplingParameters(
  { generationConfig, requestedGenerationConfig: asked }: AnswerRequest,
  plan: ParameterPlan,
  kind: ServerKind,
): Readonly<Record<string, unknown>> {
  if ((asked.noRepeatNgramSize ?? 0) > 0) {
    throw new InvalidArgumentError(
      "generationConfig.noRepeatNgramSize exists only for local models; OpenAI-compatible servers have no such setting.",
    );
  }
  const samples = generationConfig.doSample;
  const isOwnTemperature = asked.temperature !== undefined || asked.doSample !== undefined;
  const stop = generationConfig.stopStrings;
  const parameters = {
    [plan.maxTokensName]: generationConfig.maxNewTokens,
    temperature:
      isOwnTemperature || plan.sendsDefaultTemperature ? (samples ? generationConfig.temperature : 0) : undefined,
    top_p: asked.topP,
    top_k: asked.topK === 0 ? -1 : asked.topK,
    min_p: asked.minP,
    min_tokens: asked.minNewTokens,
    // llama.cpp has a name of its own (tools/server/README.md); vLLM, SGLang and NIM follow transformers.
    [kind === "llama-cpp" ? "repeat_penalty" : "repetition_penalty"]: asked.repetitionPenalty,
    seed: asked.seed === undefined || asked.seed === -1 ? undefined : asked.seed,
    stop: stop.length === 0 ? undefined : stop,
  };
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== undefined));
}
