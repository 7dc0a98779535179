import { type PredictionResponse, VisionError } from "ocellus";
import { CommandError } from "../command-error.ts";
import { describeError } from "../output/describe-error.ts";
import { writeMessage } from "../output/write-output.ts";
import type { AskContext } from "./ask.ts";

/**
 * Writes the annotated picture when `--draw` asks for it, and says where it is.
 *
 * @returns false when that failed; the reason has been shown
 */
export async function drawAnswer(
  { annotator, signal, options }: Pick<AskContext, "annotator" | "signal" | "options">,
  source: string,
  response: PredictionResponse,
): Promise<boolean> {
  if (annotator === null) return true;
  try {
    const path = await annotator.annotate(source, [response], signal);
    if (options.quiet !== true) writeMessage(`ocellus: drew ${path}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError || VisionError.isInstance(error))) throw error;
    writeMessage(describeError(error, source));
    return false;
  }
}
