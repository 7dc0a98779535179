import { type AnswerPiece, answerPieces } from "../output/answer-pieces.ts";
import { formatTimings } from "../output/format-timings.ts";
import { printableOn } from "../output/printable.ts";
import { styleFor } from "../output/text-style.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";
import type { AskContext } from "./ask.ts";
import { drawAnswer } from "./draw-answer.ts";

/**
 * Asks about one picture and shows the answer as it is generated. Thinking goes to standard error, so that the output
 * is the answer alone.
 *
 * @returns exit code
 * @throws the typed error of the answer
 */
export async function askStreaming(context: AskContext): Promise<number> {
  const { model, input, request, options } = context;
  const source = input.sources[0]!;
  await using stream = model({ ...request, source, userPrompt: input.prompt, stream: true });
  await showPieces(answerPieces(stream), options.quiet === true);
  const response = await stream.finalCompletion();
  if (options.quiet !== true && process.stderr.isTTY) {
    writeMessage(`${styleFor(process.stderr).dim(formatTimings(response))}\n`);
  }
  return (await drawAnswer(context, source, response)) ? 0 : 1;
}

async function showPieces(pieces: AsyncIterable<AnswerPiece>, isQuiet: boolean): Promise<void> {
  const { dim } = styleFor(process.stderr);
  let last: AnswerPiece | null = null;
  for await (const piece of pieces) {
    if (piece.isThinking && isQuiet) continue;
    if (piece.isFirst && last?.isThinking === true) writeMessage("\n");
    if (piece.isThinking) writeMessage(dim(printableOn(process.stderr, piece.text)));
    else await writeOutput(printableOn(process.stdout, piece.text));
    last = piece;
  }
  if (last?.isThinking === true) writeMessage("\n");
  else if (last?.text.endsWith("\n") !== true) await writeOutput("\n");
}
