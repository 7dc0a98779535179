import { basename, join } from "node:path";
import { type DrawableResponse, inspectModel, loadModel, type PredictionResponse, type VisionModel } from "ocellus";
import {
  checkpointFolder,
  readPromptSamples,
  readSamples,
  type SamplePart,
  type SampleQuestion,
  samplesFolder,
} from "ocellus-tiny";
import { AnswerRow, type RowLayout, rowHeading } from "../demo/answer-row.ts";
import { askSample } from "../demo/ask-sample.ts";
import { choosePrompts, chooseQuestions } from "../demo/choose-questions.ts";
import { type DemoAnswer, demoHeading, demoSummary } from "../demo/demo-texts.ts";
import { isRight, rightAnswer } from "../demo/judge-answer.ts";
import { createPictureAnnotator } from "../output/annotate-picture.ts";
import { createLoadingLine } from "../output/loading-line.ts";
import { styleFor } from "../output/text-style.ts";
import { writeOutput } from "../output/write-output.ts";

/** The options of `ocellus demo` as commander hands them over. */
export interface DemoOptions {
  readonly model?: string;
  readonly out: string;
  readonly cache?: string;
}

const leastWidth = 64;
const mostWidth = 96;

/**
 * `ocellus demo`: questions about the sample pictures, two of them in one prompt, and a clip, with the answers as they are generated, timings, and annotated
 * pictures.
 *
 * @returns exit code 0
 * @throws typed errors of loading and answering; CommandError when a picture cannot be written
 */
export async function demo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const folder = options.model ?? checkpointFolder;
  const isEmbedded = options.model === undefined;
  const { stdout } = process;
  const layout: RowLayout = {
    width: Math.min(mostWidth, Math.max(leastWidth, (stdout.columns ?? 80) - 2)),
    style: styleFor(stdout),
  };
  const startedAt = performance.now();
  await using model = await openModel(folder, options, signal);
  const loadedMs = performance.now() - startedAt;
  const { parameters } = await inspectModel(folder, { signal });
  const subject = { info: model.info, parameters: parameters?.total ?? null, loadedMs };
  const name = isEmbedded ? null : basename(folder);
  await writeOutput(`${demoHeading(subject, name, layout.style)}\n\n${rowHeading(layout)}\n`);

  const annotator = createPictureAnnotator(options.out, false);
  const answers: DemoAnswer[] = [];
  const files: string[] = [];
  const askedAt = performance.now();
  let drawingMs = 0;
  const ask = async (subject: Topic): Promise<DemoAnswer[]> => {
    const given = await askAbout(model, subject, layout, isEmbedded, signal);
    answers.push(...given);
    return given;
  };
  for (const { sample, questions } of chooseQuestions(await readSamples())) {
    const source = join(samplesFolder, sample.file);
    const title = { name: sample.file, facts: `${sample.width} × ${sample.height}, ${sample.style}` };
    const given = await ask({ ...title, parts: [{ type: "image", source }], questions });
    const drawAt = performance.now();
    files.push(await annotator.annotate(source, drawnAnswers(given), signal));
    drawingMs += performance.now() - drawAt;
  }
  for (const { parts, questions } of choosePrompts(await readPromptSamples())) {
    const name = parts
      .flatMap((part) => ("frames" in part ? part.frames : [part.source]))
      .map((path) => basename(path));
    const facts = parts.some(({ type }) => type === "video") ? "a clip" : "in one prompt";
    await ask({ name: name.join(" and "), facts, parts, questions });
  }
  const totalMs = performance.now() - askedAt - drawingMs;
  await writeOutput(`${demoSummary({ answers, files, totalMs, isEmbedded }, layout.style)}\n`);
  return 0;
}

/** What is shown to the model, and what is asked about it. */
interface Topic {
  readonly name: string;
  readonly facts: string;
  readonly parts: readonly SamplePart[];
  readonly questions: readonly SampleQuestion[];
}

async function openModel(folder: string, options: DemoOptions, signal: AbortSignal): Promise<VisionModel> {
  const line = createLoadingLine(process.stderr, undefined);
  try {
    return await loadModel(folder, {
      signal,
      onProgress: line.update,
      ...(options.cache === undefined ? {} : { cacheFolder: options.cache }),
    });
  } finally {
    line.end();
  }
}

async function askAbout(
  model: VisionModel,
  { name, facts, parts, questions }: Topic,
  layout: RowLayout,
  isEmbedded: boolean,
  signal: AbortSignal,
): Promise<DemoAnswer[]> {
  const { bold, dim } = layout.style;
  const answers: DemoAnswer[] = [];
  await writeOutput(`${bold(name)} ${dim(facts)}\n`);
  for (const question of questions) {
    await writeOutput(`  ${question.question}\n`);
    const row = new AnswerRow(layout);
    const response = await askSample(model, parts, question, row, signal);
    // Only the embedded model is trained to use the very words of the recorded answers.
    const verdict = isEmbedded ? isRight(question, response) : null;
    await row.end(response, verdict);
    if (verdict === false) await writeOutput(`    ${dim(`right: ${rightAnswer(question, response)}`)}\n`);
    answers.push({ question, response, verdict });
  }
  await writeOutput("\n");
  return answers;
}

/** What is drawn on one picture: the boxes, then the first question with its answer beside them. */
function drawnAnswers(answers: readonly DemoAnswer[]): DrawableResponse[] {
  const boxes = answers.map(({ response }) => response).filter(({ kind }) => kind === "phrase-grounding");
  const first = answers.find(({ response }) => response.kind === "generic" || response.kind === "vqa");
  return [...boxes.slice(-1), ...(first === undefined ? [] : [asAnswer(first.response)])];
}

/** A plain answer in the form that is drawn with its question. */
function asAnswer(response: PredictionResponse): DrawableResponse {
  if (response.kind !== "generic") return response;
  return { kind: "vqa", prompt: response.prompt, result: { answer: response.result } };
}
