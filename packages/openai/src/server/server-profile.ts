import type { ConstraintStep } from "../request/structured-output.ts";
import { constraintSteps } from "../request/structured-output.ts";
import type { AskPlan } from "./ask-plan.ts";
import type { ServerFacts } from "./probe-server.ts";

/** How media are to travel, as the caller wants it. */
export interface Transport {
  readonly images: "auto" | "data-url" | "url";
  readonly videos: "auto" | "video-url" | "frames";
}

/** Schemas whose working step is remembered; the oldest is forgotten first. */
const maxRememberedForms = 64;

/** What is known about one model of one server: what it says it is, and what it was found to take. */
export class ServerProfile {
  readonly facts: ServerFacts;
  #base: Omit<AskPlan, "step">;
  readonly #steps = new Map<string, ConstraintStep>();

  constructor(facts: ServerFacts, { images, videos }: Transport) {
    this.facts = facts;
    this.#base = {
      images: images === "url" ? "url" : "data-url",
      // vLLM, SGLang and the NIMs built on them take `video_url`; the others know only pictures.
      videos: videos === "auto" ? (["vllm", "sglang", "nim"].includes(facts.kind) ? "video-url" : "frames") : videos,
      maxTokensName: "max_tokens",
      sendsDefaultTemperature: true,
      asksForUsage: true,
    };
  }

  /**
   * The first plan for a question.
   *
   * @param form key of the form of the answer; `null` for plain text
   */
  plan(form: string | null): AskPlan {
    const step = form === null ? null : (this.#steps.get(form) ?? constraintSteps(this.facts.kind)[0]!);
    return { ...this.#base, step };
  }

  /** Remembers a plan that the server took. */
  keep({ step, ...base }: AskPlan, form: string | null): void {
    this.#base = base;
    if (form === null || step === null) return;
    this.#steps.delete(form);
    this.#steps.set(form, step);
    if (this.#steps.size > maxRememberedForms) this.#steps.delete(this.#steps.keys().next().value!);
  }

  /** The steps that are left when the given one was refused. */
  stepsAfter(step: ConstraintStep | null): readonly ConstraintStep[] {
    if (step === null) return [];
    const steps = constraintSteps(this.facts.kind);
    return steps.slice(steps.indexOf(step) + 1);
  }

  /** The step to begin with next time when the given one was taken, but had no effect. */
  stepAfterSilence(step: ConstraintStep | null): ConstraintStep | null {
    return this.stepsAfter(step).find((later) => later !== "json-schema") ?? step;
  }
}
