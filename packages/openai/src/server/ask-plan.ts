import type { MediaPlan } from "../request/chat-messages.ts";
import type { ParameterPlan } from "../request/sampling-parameters.ts";
import type { ConstraintStep } from "../request/structured-output.ts";

/** Everything about a request that depends on what a server can do. */
export interface AskPlan extends MediaPlan, ParameterPlan {
  readonly step: ConstraintStep | null;
  /** False for servers that do not know `stream_options`. */
  readonly asksForUsage: boolean;
}

/** What about a request may be changed. */
export interface AskFreedom {
  /** The steps after the present one. */
  readonly laterSteps: readonly ConstraintStep[];
  /** A refused form of the pictures may be replaced by their addresses. */
  readonly mayUseAddresses: boolean;
  /** A refused video may be replaced by frames of it. */
  readonly mayUseFrames: boolean;
  /** The temperature is only the default of the call. */
  readonly mayDropTemperature: boolean;
}

/** Refusals after which the same question may be put in another way. 500: llama.cpp before 2025-09 refused so. */
const adaptableStatuses: ReadonlySet<number> = new Set([400, 415, 422, 500, 501]);

/**
 * The plan to try after a refusal, or `null` when nothing about it can be changed.
 *
 * The messages looked for: OpenAI "Unsupported parameter: 'max_tokens' … Use 'max_completion_tokens' instead.",
 * "'temperature' does not support 0 with this model"; llama.cpp "unsupported content[].type" for `video_url`; Ollama
 * "invalid image input" for addresses and "invalid message format" for unknown parts.
 */
export function adaptPlan(
  plan: AskPlan,
  refusal: { readonly status: number; readonly serverMessage: string },
  freedom: AskFreedom,
): AskPlan | null {
  if (!adaptableStatuses.has(refusal.status)) return null;
  const said = refusal.serverMessage.toLowerCase();
  return (
    adaptParameters(plan, said, freedom) ?? adaptMedia(plan, said, freedom) ?? adaptStep(plan, said, refusal, freedom)
  );
}

function adaptParameters(plan: AskPlan, said: string, freedom: AskFreedom): AskPlan | null {
  if (plan.maxTokensName === "max_tokens" && said.includes("max_completion_tokens")) {
    return { ...plan, maxTokensName: "max_completion_tokens" };
  }
  if (plan.sendsDefaultTemperature && freedom.mayDropTemperature && said.includes("temperature")) {
    return { ...plan, sendsDefaultTemperature: false };
  }
  if (plan.asksForUsage && said.includes("stream_options")) return { ...plan, asksForUsage: false };
  return null;
}

const speaksOfMedia = /video|image|content\[\]|message format|media|data ur[il]|base64|multimodal/;

function adaptMedia(plan: AskPlan, said: string, freedom: AskFreedom): AskPlan | null {
  if (!speaksOfMedia.test(said)) return null;
  if (plan.videos === "video-url" && freedom.mayUseFrames) return { ...plan, videos: "frames" };
  if (plan.images === "data-url" && freedom.mayUseAddresses) return { ...plan, images: "url-if-possible" };
  return null;
}

const speaksOfForm = /response_format|json_schema|schema|guided|grammar|structured|nvext|format/;
/** Refusals that no other way of asking for the form can heal. */
const speaksOfLength = /context|too long|too many tokens|maximum|exceed/;

function adaptStep(
  plan: AskPlan,
  said: string,
  { status }: { readonly status: number },
  { laterSteps }: AskFreedom,
): AskPlan | null {
  const [step] = laterSteps;
  if (plan.step === null || step === undefined) return null;
  // Many servers only say that the request is wrong; then it is worth a try, but not for what they say of its length.
  const isUnclear = status !== 500 && !speaksOfLength.test(said) && !speaksOfMedia.test(said);
  return speaksOfForm.test(said) || isUnclear ? { ...plan, step } : null;
}
