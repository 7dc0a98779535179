import type { ChatMessage } from "@ocellus/core";
import { openCheckpoint } from "@ocellus/hub";
import { openPicture } from "@ocellus/media";
import { type PrecisionParts, precisionPlan } from "./checkpoint/precision.ts";
import type { PreparedVisual } from "./families/model-family.ts";
import { openFamily } from "./families/open-family.ts";
import { writeOnnxModel } from "./onnx/write-onnx-model.ts";
import { Decoder } from "./runtime/decoder.ts";
import { embedPrompt, embedTokens } from "./runtime/embed-prompt.ts";
import { expandVisuals } from "./runtime/expand-visuals.ts";
import { FeatureCache } from "./runtime/feature-cache.ts";
import { openSessions, releaseSessions } from "./runtime/open-sessions.ts";
import { placeVisuals } from "./runtime/place-visuals.ts";
import { planGraphs } from "./runtime/plan-graphs.ts";
import { toTemplateMessage } from "./runtime/to-template-message.ts";
import { loadChatTemplate } from "./text/chat-template.ts";
import { encodePrompt } from "./text/encode-prompt.ts";
import { loadTokenizer } from "./text/tokenizer.ts";

/** What {@link openScorer} needs. */
export interface ScorerOptions {
  readonly precision: Partial<PrecisionParts>;
  /** An existing folder that the graphs are written to. */
  readonly graphFolder: string;
}

/** Scores given answers token by token: how measurements of accuracy look inside a model. */
export interface Scorer {
  /**
   * The scores of what may follow the prompt, then of what may follow each token of the given answer but the last.
   *
   * @param answer ids that are fed one a step, whatever the model would have chosen (teacher forcing)
   * @returns one [vocab] array for each id of `answer`
   */
  score(
    messages: readonly ChatMessage[],
    answer: readonly number[],
    templateOptions?: Readonly<Record<string, unknown>>,
  ): Promise<readonly Float32Array[]>;
  close(): Promise<void>;
}

/**
 * Opens a checkpoint for scoring, in this thread and without the cache: the graphs block the event loop.
 *
 * @throws ModelLoadError when the checkpoint cannot be loaded
 */
export async function openScorer(folder: string, options: ScorerOptions): Promise<Scorer> {
  const { precision, graphFolder } = options;
  const checkpoint = await openCheckpoint(folder);
  const model = await openFamily(checkpoint, {});
  const tokenizer = await loadTokenizer(checkpoint);
  const template = await loadChatTemplate(checkpoint, model.plainPrompt);
  const graphs = planGraphs(model, precisionPlan(precision));
  for (const [name, graph] of Object.entries(graphs)) await writeOnnxModel(graph, { folder: graphFolder, name });
  const hasCopy = graphs.prefill !== undefined;
  const sessions = await openSessions(graphFolder, { threads: 1, hasCopy, signal: new AbortController().signal });
  const cache = new FeatureCache(sessions.vision, 0);

  return {
    async score(messages, answer, templateOptions = {}) {
      const prepared: PreparedVisual[] = [];
      const pictures = messages.flatMap(({ content }) => content).filter(({ type }) => type === "image");
      for (const part of pictures) {
        if (part.type === "image") {
          prepared.push(model.prepareImage(await openPicture(part.source), pictures.length));
        }
      }
      const encoded = encodePrompt(tokenizer, template, messages.map(toTemplateMessage), {
        templateOptions,
        allowedLiterals: model.allowedLiterals,
        expand: expandVisuals(prepared),
      });
      const { ids, visuals } = placeVisuals(encoded.ids, [model.imageTokenId], prepared, tokenizer.encodePlain);
      const features: Float32Array[] = [];
      for (const visual of visuals) features.push((await cache.featuresOf(visual, async () => undefined)).rows);
      const { ids: positions, next, joined } = model.positions(ids.length, visuals);
      const axes = positions.length / ids.length;

      const state = new Decoder(sessions, model);
      const go = async (): Promise<void> => undefined;
      const scores = [await state.append(embedPrompt(model, ids, visuals, features), positions, go, joined)];
      for (const [step, id] of answer.slice(0, -1).entries()) {
        scores.push(await state.append(embedTokens(model, [id]), new Int32Array(axes).fill(next + step), go));
      }
      return scores;
    },
    close: async () => {
      await Promise.all([releaseSessions(sessions), checkpoint.close()]);
    },
  };
}
