import type { Answer, AnswerContext, AnswerRequest, ExpandFolderOptions, VisionBackend } from "@ocellus/core";
import { expandFolder, isFolder } from "@ocellus/media";
import type { InferenceHTTPClient } from "../client/inference-http-client.ts";
import { InvalidResponseError } from "../errors/invalid-response-error.ts";
import type { WorkflowOutput } from "../workflows/decode-outputs.ts";
import { type Question, readQuestion } from "./read-question.ts";

/** Which of a client's models answers. */
export type RoboflowTarget =
  | { readonly kind: "lmm"; readonly modelId: string; readonly modelIdInPath: boolean }
  | {
      readonly kind: "workflow";
      readonly choice: {
        readonly workspaceName?: string;
        readonly workflowId?: string;
        readonly specification?: Readonly<Record<string, unknown>>;
      };
      readonly imageInput: string;
      readonly promptInput: string;
      /** Name of the output that is the answer; null takes the only text among them. */
      readonly output: string | null;
    };

/** Answers of a vision-language model, or of a workflow, behind a client. The client is closed with it. */
export function createRoboflowBackend(
  client: InferenceHTTPClient,
  target: RoboflowTarget,
  modelId: string,
): VisionBackend {
  return {
    modelId,
    info: { provider: "roboflow", supportsVideo: false },
    concurrency: 4,
    isFolder,
    expandFolder: (path: string, options: ExpandFolderOptions) => expandFolder(path, options),
    answer: async (request: AnswerRequest, { signal, onText }: AnswerContext): Promise<Answer> => {
      const question = readQuestion(request);
      const begin = performance.now();
      const text =
        target.kind === "lmm"
          ? await askLmm(client, target, question, request, signal)
          : await askWorkflow(client, target, question, signal);
      onText(text);
      const decodeMs = performance.now() - begin;
      return {
        text,
        tokenIds: [],
        finishReason: "unknown",
        usage: { inputTokens: 0, imageTokens: 0, outputTokens: 0 },
        timings: { loadMs: 0, visionMs: 0, prefillMs: 0, decodeMs, firstTokenMs: decodeMs },
      };
    },
    close: () => client.close(),
  };
}

async function askLmm(
  client: InferenceHTTPClient,
  target: RoboflowTarget & { readonly kind: "lmm" },
  { image, prompt }: Question,
  { requestedGenerationConfig, cot }: AnswerRequest,
  signal: AbortSignal,
): Promise<string> {
  const { maxNewTokens } = requestedGenerationConfig;
  const result = await client.inferLmm(image, {
    modelId: target.modelId,
    modelIdInPath: target.modelIdInPath,
    prompt,
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(cot ? { enableThinking: true } : {}),
    signal,
  });
  const { response } = Array.isArray(result) ? result[0]! : result;
  return textOf(response) ?? missing(`the model ${target.modelId}`);
}

async function askWorkflow(
  client: InferenceHTTPClient,
  target: RoboflowTarget & { readonly kind: "workflow" },
  { image, prompt }: Question,
  signal: AbortSignal,
): Promise<string> {
  const outputs = await client.runWorkflow({
    ...target.choice,
    images: { [target.imageInput]: image },
    parameters: { [target.promptInput]: prompt },
    signal,
  });
  const [output] = outputs;
  const value = output === undefined ? undefined : chooseOutput(output, target.output);
  return textOf(value) ?? missing(target.output === null ? "the workflow" : `the output ${target.output}`);
}

/** Without a name: the output that is a text, when there is exactly one. */
function chooseOutput(output: WorkflowOutput, name: string | null): unknown {
  if (name !== null) return output[name];
  const texts = Object.values(output).filter((value) => typeof value === "string");
  if (texts.length === 1) return texts[0];
  const names = Object.keys(output);
  return names.length === 1 ? output[names[0]!] : undefined;
}

const textOf = (value: unknown): string | null =>
  typeof value === "string" ? value : value === undefined || value === null ? null : JSON.stringify(value);

function missing(what: string): never {
  throw new InvalidResponseError(
    `No text came back from ${what}. Name the output of a workflow that holds the answer: connectRoboflow({ output }).`,
    { status: 200, url: "" },
  );
}
