import type { ImagesInput } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import type { LmmResult } from "../results/foundation-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages } from "./foundation-request.ts";

/** Options of `inferLmm`. */
export interface LmmOptions extends CallOptions {
  /** Sent as it is: aliases are resolved by the server. */
  readonly modelId: string;
  readonly prompt?: string | undefined;
  /** Put the id into the path, too, for servers that route by it. Default false. */
  readonly modelIdInPath?: boolean | undefined;
  readonly maxNewTokens?: number | undefined;
  readonly enableThinking?: boolean | undefined;
}

/** Names of {@link LmmOptions}. */
export const lmmOptionNames: readonly string[] = [
  "modelId",
  "prompt",
  "modelIdInPath",
  "maxNewTokens",
  "enableThinking",
];

/** Asks a vision-language model about pictures. */
export async function inferLmm(
  state: ClientState,
  images: ImagesInput,
  options: LmmOptions,
  call: CallOptions,
): Promise<LmmResult | LmmResult[]> {
  const { modelId, prompt, modelIdInPath = false, maxNewTokens, enableThinking } = options;
  const body = { model_id: modelId, prompt, max_new_tokens: maxNewTokens, enable_thinking: enableThinking };
  const path = modelIdInPath ? `/infer/lmm/${modelId}` : "/infer/lmm";
  return unwrapSingle(await askAboutImages(state, images, { path, body, batches: "configured" }, call)) as LmmResult;
}
