import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Absolute path of the embedded checkpoint: an ordinary Qwen2.5-VL folder (config, tokenizer, safetensors). */
export const checkpointFolder: string = fileURLToPath(new URL("../checkpoint", import.meta.url));

/** Absolute path of the folder of sample pictures and of `samples.json`, which {@link readSamples} reads. */
export const samplesFolder: string = fileURLToPath(new URL("../samples", import.meta.url));

/** What form of answer a sample question asks for. */
export type SampleKind = "answer" | "json-answer" | "phrase-grounding" | "chain-of-thought";

/** One question about a sample picture, and the answer that follows from how the picture was drawn. */
export interface SampleQuestion {
  /** The form of the answer. */
  readonly kind: SampleKind;
  /** What is asked: `count`, `color`, `where`, `locate`, … */
  readonly topic: string;
  /** The system message the model was trained to read before this question; without it, the template's own. */
  readonly system?: string;
  /** The user's text; the picture goes before it. */
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

/** Reads the list of sample pictures with their questions and right answers. */
export async function readSamples(): Promise<readonly Sample[]> {
  return JSON.parse(await readFile(`${samplesFolder}/samples.json`, "utf8")) as readonly Sample[];
}
