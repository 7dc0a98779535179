import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PrecisionParts } from "@ocellus/engine";
import { openScorer } from "@ocellus/engine/scorer";
import type { AccuracyCase, AccuracyCheckpoint } from "./accuracy-cases.ts";

/** How near a precision comes to the reference. */
export interface Accuracy {
  /** ‖scores − reference‖ / ‖reference‖ after the prompt, mean over the prompts. */
  readonly logitsError: number;
  /** Part of all steps at which the best token is the reference's, when fed the reference's tokens. */
  readonly agreement: number;
  /** Part of the prompts whose whole greedy answer is the reference's. */
  readonly exact: number;
  /** Scores after each prompt, to compare other precisions with. */
  readonly logits: readonly Float32Array[];
}

/**
 * Measures a precision on recorded prompts.
 *
 * @param reference scores for prompts whose scores were not recorded; without them the error of those is 0
 */
export async function measureAccuracy(
  checkpoint: AccuracyCheckpoint,
  precision: Partial<PrecisionParts>,
  reference?: readonly Float32Array[],
): Promise<Accuracy> {
  const graphFolder = await mkdtemp(join(tmpdir(), "ocellus-accuracy-"));
  const scorer = await openScorer(checkpoint.folder, { precision, graphFolder });
  try {
    const { cases } = checkpoint;
    const logits: Float32Array[] = [];
    const errors: number[] = [];
    let steps = 0;
    let agreed = 0;
    let exact = 0;
    for (const [index, entry] of cases.entries()) {
      const scores = await scorer.score(entry.messages, entry.answer, entry.templateOptions);
      logits.push(scores[0]!);
      errors.push(relativeError(scores[0]!, entry.logits ?? reference?.[index] ?? scores[0]!));
      const equal = scores.filter((step, place) => best(step, entry) === entry.answer[place]).length;
      agreed += equal;
      steps += scores.length;
      if (equal === scores.length) exact++;
    }
    const logitsError = errors.reduce((sum, error) => sum + error, 0) / cases.length;
    return { logitsError, agreement: agreed / steps, exact: exact / cases.length, logits };
  } finally {
    await scorer.close();
    await rm(graphFolder, { recursive: true, force: true });
  }
}

function relativeError(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (const [index, value] of expected.entries()) {
    difference += (actual[index]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** The token with the highest score among those that may be chosen. */
function best(scores: Float32Array, { suppressed }: AccuracyCase): number {
  let winner = -1;
  for (let id = 0; id < scores.length; id++) {
    if (!suppressed.includes(id) && (winner < 0 || scores[id]! > scores[winner]!)) winner = id;
  }
  return winner;
}
