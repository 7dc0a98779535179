import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the embedded checkpoint: an ordinary Qwen2.5-VL folder (config, tokenizer, safetensors). */
export const checkpointFolder: string = fileURLToPath(new URL("../checkpoint", import.meta.url));

/** Absolute path of the folder of the samples, which {@link readSamples} and {@link readPromptSamples} list. */
export const samplesFolder: string = fileURLToPath(new URL("../samples", import.meta.url));

/** What form of answer a sample question asks for. */
export type SampleKind = "answer" | "json-answer" | "phrase-grounding" | "chain-of-thought";

/** One question about a sample, and the answer that follows from how the sample was drawn. */
export interface SampleQuestion {
  /** The form of the answer. */
  readonly kind: SampleKind;
  /** What is asked: `count`, `color`, `where`, `locate`, … */
  readonly topic: string;
  /** The system message the model was trained to read before this question; without it, the template's own. */
  readonly system?: string;
  /** The user's text; what it is about goes before it. */
  readonly question: string;
  /** The right answer, in the very form the model is trained to give. */
  readonly answer: string;
}

/** A sample picture and its questions. */
export interface Sample {
  /** File name inside {@link samplesFolder}. */
  readonly file: string;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** How it was made: by the generator of the training scenes, or by hand in a style the model has never seen. */
  readonly style: "generated" | "hand-made";
  /** Questions the model can be asked about it. */
  readonly questions: readonly SampleQuestion[];
}

/** A picture or a clip of a {@link PromptSample}, as a part of a message. */
export type SamplePart =
  | { readonly type: "image"; readonly source: string }
  | { readonly type: "video"; readonly source: string }
  | { readonly type: "video"; readonly frames: readonly string[]; readonly fps: number };

/** Several pictures or a clip in one prompt, and questions about them. */
export interface PromptSample {
  /** `pair-1`, `clip-1`, … */
  readonly name: string;
  /** What stands before the question, with absolute paths. */
  readonly parts: readonly SamplePart[];
  /** Questions the model can be asked about it. */
  readonly questions: readonly SampleQuestion[];
}

/** Reads the list of sample pictures with their questions and right answers. */
export async function readSamples(): Promise<readonly Sample[]> {
  return await readList<Sample>("samples.json");
}

/** Reads the prompts of two sample pictures, and those of clips: an animated GIF, single frames, and an MP4. */
export async function readPromptSamples(): Promise<readonly PromptSample[]> {
  const samples = await readList<PromptSample>("prompts.json");
  return samples.map((sample) => ({ ...sample, parts: sample.parts.map(locate) }));
}

function locate(part: SamplePart): SamplePart {
  if ("frames" in part) return { ...part, frames: part.frames.map((frame) => join(samplesFolder, frame)) };
  return { ...part, source: join(samplesFolder, part.source) };
}

async function readList<Item>(file: string): Promise<readonly Item[]> {
  return JSON.parse(await readFile(join(samplesFolder, file), "utf8")) as readonly Item[];
}
