import type {
  Answer,
  AnswerContext,
  AnswerRequest,
  ExpandFolderOptions,
  ModelInfo,
  VisionBackend,
} from "@ocellus/core";
import { expandFolder, isFolder } from "@ocellus/media";
import { buildAnswer, isConstraintIgnored } from "./build-answer.ts";
import { ChatApiError } from "./chat/chat-api-error.ts";
import type { ChatClient } from "./chat/chat-client.ts";
import type { ChatRequestBody } from "./chat/chat-wire.ts";
import { MessageWriter } from "./request/chat-messages.ts";
import type { MediaContext } from "./request/encode-media.ts";
import { samplingParameters } from "./request/sampling-parameters.ts";
import { type AnswerForm, answerForm, constraintFields, constraintInstruction } from "./request/structured-output.ts";
import { type AskFreedom, type AskPlan, adaptPlan } from "./server/ask-plan.ts";
import { onlyModel, probeServer, type ServerFacts } from "./server/probe-server.ts";
import type { ServerKind } from "./server/server-kind.ts";
import { ServerProfile, type Transport } from "./server/server-profile.ts";

/** What a backend is made of. */
export interface OpenAIBackendOptions {
  readonly client: ChatClient;
  readonly baseUrl: string;
  /** `null` takes the only model that the server has. */
  readonly model: string | null;
  /** `null` finds out. */
  readonly server: ServerKind | null;
  readonly info: ModelInfo;
  readonly concurrency: number;
  readonly transport: Transport;
  readonly media: Omit<MediaContext, "signal">;
  readonly extraBody: Readonly<Record<string, unknown>>;
}

/** One question on its way. */
interface Question {
  readonly request: AnswerRequest;
  readonly writer: MessageWriter;
  readonly form: AnswerForm | null;
  /** Under which the working step is remembered; `null` when there is nothing to find out. */
  readonly formKey: string | null;
  readonly profile: ServerProfile;
  readonly model: string;
}

/** How far one try came; times of `performance.now()`. */
interface Progress {
  readonly begin: number;
  firstTokenAt: number | null;
}

/** Answers questions through the chat completions of a server. */
export class OpenAIBackend implements VisionBackend {
  readonly modelId: string;
  readonly info: ModelInfo;
  readonly concurrency: number;
  readonly takesToolCalls: boolean = true;
  readonly #options: OpenAIBackendOptions;
  #profile: ServerProfile | null = null;

  constructor(options: OpenAIBackendOptions) {
    this.#options = options;
    this.modelId = options.model ?? options.baseUrl;
    this.info = options.info;
    this.concurrency = options.concurrency;
  }

  isFolder(path: string): boolean {
    return isFolder(path);
  }

  async expandFolder(path: string, options: ExpandFolderOptions): Promise<readonly string[]> {
    return await expandFolder(path, options);
  }

  async answer(request: AnswerRequest, context: AnswerContext): Promise<Answer> {
    const begin = performance.now();
    const { media, model, baseUrl } = this.#options;
    const profile = await this.#findProfile(context.signal);
    const form = answerForm(request, this.info.coordinateSpace);
    const question: Question = {
      request,
      writer: new MessageWriter(request, { ...media, signal: context.signal }),
      form,
      formKey: form === null || form.isTagged ? null : JSON.stringify(form.schema),
      profile,
      model: model ?? onlyModel(profile.facts, baseUrl),
    };
    return await this.#ask(question, context, begin);
  }

  async close(): Promise<void> {
    this.#options.client.close();
  }

  async #findProfile(signal: AbortSignal): Promise<ServerProfile> {
    if (this.#profile !== null) return this.#profile;
    const { server, model, client, baseUrl, transport } = this.#options;
    const given = server === null || model === null ? null : { kind: server, models: [model] };
    const found = given ?? (await probeServer(client, baseUrl, signal));
    const facts: ServerFacts = found ?? { kind: "unknown", models: [] };
    const profile = new ServerProfile(server === null ? facts : { ...facts, kind: server }, transport);
    // Another answer may have been first; what was learned there counts. A server that did not answer is asked again.
    if (found !== null) this.#profile ??= profile;
    return this.#profile ?? profile;
  }

  /** Asks, and asks differently as long as the server refuses a form that has an alternative. */
  async #ask(question: Question, context: AnswerContext, begin: number): Promise<Answer> {
    const { form, formKey, profile } = question;
    let plan: AskPlan = { ...profile.plan(formKey), ...(form?.isTagged === true ? { step: "prompt" as const } : {}) };
    let firstRefusal: unknown;
    while (true) {
      const progress: Progress = { begin, firstTokenAt: null };
      try {
        return await this.#askOnce(question, plan, context, progress);
      } catch (error) {
        firstRefusal ??= error;
        const next = progress.firstTokenAt === null ? this.#nextPlan(question, plan, error) : null;
        if (next === null) throw error instanceof ChatApiError ? firstRefusal : error;
        plan = next;
      }
    }
  }

  async #askOnce(
    question: Question,
    plan: AskPlan,
    { signal, streaming, onText }: AnswerContext,
    progress: Progress,
  ): Promise<Answer> {
    const { begin } = progress;
    const body = await this.#body(question, plan, streaming);
    const loadMs = performance.now() - begin;
    const take = (delta: string): void => {
      progress.firstTokenAt ??= performance.now();
      onText(delta);
    };
    const exchange = await this.#options.client.ask(body, { signal, streaming, onText: take });
    const isIgnored = isConstraintIgnored(exchange, plan.step);
    const { profile, formKey, model } = question;
    profile.keep({ ...plan, step: isIgnored ? profile.stepAfterSilence(plan.step) : plan.step }, formKey);
    const end = performance.now();
    return buildAnswer(exchange, {
      provider: this.info.provider,
      model,
      constrainedBy: isIgnored ? "prompt" : plan.step,
      times: { loadMs, firstTokenMs: (progress.firstTokenAt ?? end) - begin, totalMs: end - begin },
    });
  }

  #nextPlan({ writer, request, profile }: Question, plan: AskPlan, error: unknown): AskPlan | null {
    if (!(error instanceof ChatApiError)) return null;
    const { transport } = this.#options;
    const asked = request.requestedGenerationConfig;
    const freedom: AskFreedom = {
      laterSteps: profile.stepsAfter(plan.step),
      mayUseAddresses: transport.images === "auto" && writer.hasAddresses,
      mayUseFrames: transport.videos === "auto" && writer.hasVideoFile,
      mayDropTemperature: asked.temperature === undefined && asked.doSample === undefined,
    };
    return adaptPlan(plan, error, freedom);
  }

  async #body(
    { request, writer, form, profile, model }: Question,
    plan: AskPlan,
    streaming: boolean,
  ): Promise<ChatRequestBody> {
    const { kind } = profile.facts;
    const { step } = plan;
    const template = request.templateOptions;
    const parameters = samplingParameters(request, plan, kind);
    const instruction = form === null || step === null ? null : constraintInstruction(form, step);
    return {
      model,
      messages: await writer.write(plan, instruction),
      ...parameters,
      ...(form === null || step === null ? {} : constraintFields(form, step, kind)),
      // vLLM, SGLang and llama.cpp hand these to the chat template.
      ...(Object.keys(template).length === 0 ? {} : { chat_template_kwargs: template }),
      ...(streaming ? { stream: true, ...(plan.asksForUsage ? { stream_options: { include_usage: true } } : {}) } : {}),
      ...this.#options.extraBody,
    };
  }
}
