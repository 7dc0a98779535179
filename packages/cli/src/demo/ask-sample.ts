import type { PredictionResponse, VisionModel } from "ocellus";
import type { SamplePart, SampleQuestion } from "ocellus-tiny";
import { answerPieces } from "../output/answer-pieces.ts";
import type { AnswerRow } from "./answer-row.ts";

/**
 * Asks a sample question and writes the answer as it comes. Boxes are JSON, which nobody wants to watch: they are shown
 * when they are complete.
 *
 * @throws the typed error of the answer
 */
export async function askSample(
  model: VisionModel,
  parts: readonly SamplePart[],
  question: SampleQuestion,
  row: AnswerRow,
  signal: AbortSignal,
): Promise<PredictionResponse> {
  const isBoxes = question.kind === "phrase-grounding";
  const task = isBoxes ? "phrase-grounding" : question.kind === "json-answer" ? "vqa" : "generic";
  const user = { role: "user", content: [...parts, { type: "text", text: question.question }] } as const;
  await using stream = model({
    // The system prompts that the model was trained with are in the samples; without one, the template's own counts.
    messages: question.system === undefined ? [user] : [{ role: "system", content: question.system }, user],
    task,
    stream: true,
    signal,
  });
  for await (const { text, isThinking, isFirst } of answerPieces(stream)) {
    if (isBoxes) continue;
    if (isFirst) await row.endLine();
    await row.write(text, isThinking);
  }
  return await stream.finalCompletion();
}
