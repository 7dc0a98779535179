import type { ModelInfo, PredictionResponse } from "ocellus";
import type { SampleQuestion } from "ocellus-tiny";
import { formatBytes, formatCount, formatDuration } from "../output/format-quantity.ts";
import { tokensPerSecond } from "../output/format-timings.ts";
import type { TextStyle } from "../output/text-style.ts";

/** One answer of the demo. */
export interface DemoAnswer {
  readonly question: SampleQuestion;
  readonly response: PredictionResponse;
  /** Whether it is right; `null` when that cannot be told. */
  readonly verdict: boolean | null;
}

/** The model of the demo. */
export interface DemoSubject {
  readonly info: ModelInfo;
  readonly parameters: number | null;
  /** From the start to the first question that could be asked, in ms. */
  readonly loadedMs: number;
}

/** @param name of another model than the embedded one */
export function demoHeading(
  { info, parameters, loadedMs }: DemoSubject,
  name: string | null,
  style: TextStyle,
): string {
  const facts = [
    info.family,
    parameters === null ? undefined : `${formatCount(parameters)} parameters`,
    info.weightBytes === undefined ? info.precision : `${info.precision} in ${formatBytes(info.weightBytes)}`,
    `loaded in ${formatDuration(loadedMs)}`,
  ].filter((fact) => fact !== undefined);
  const about =
    name === null
      ? "A tiny demonstration model that comes with Ocellus. It knows only coloured shapes."
      : "The questions are made for the built-in model; the answers are shown as they come.";
  return [style.bold(name ?? "ocellus-tiny"), about, style.dim(facts.join(" · "))].join("\n");
}

/** What {@link demoSummary} reports. */
export interface DemoRun {
  readonly answers: readonly DemoAnswer[];
  /** Annotated pictures. */
  readonly files: readonly string[];
  /** Time of all answers together. */
  readonly totalMs: number;
  readonly isEmbedded: boolean;
}

/** The end of the demo: how it went, where the pictures are, and how to go on. */
export function demoSummary({ answers, files, totalMs, isEmbedded }: DemoRun, style: TextStyle): string {
  const firstToken = median(answers.map(({ response }) => response.timings.firstTokenMs));
  const speed = median(answers.map(({ response }) => tokensPerSecond(response)).filter((value) => value !== null));
  const right = answers.filter(({ verdict }) => verdict === true).length;
  const score = isEmbedded ? `, ${right} right` : "";
  const speeds = [
    `median first token ${formatDuration(firstToken ?? 0)}`,
    ...(speed === null ? [] : [`${speed.toFixed(0)} tokens/s`]),
  ].join(" · ");
  return [
    `${style.bold(`${answers.length} answers in ${formatDuration(totalMs)}${score}`)} · ${speeds}`,
    "",
    "Annotated pictures:",
    ...files.map((file) => `  ${style.cyan(file)}`),
    "",
    "Your own pictures, with a real model (any Qwen2.5-VL checkpoint folder of Hugging Face):",
    "  npx @ocellus/cli models inspect DIR",
    '  npx @ocellus/cli ask photo.jpg "How many mugs are on the table?" --model DIR',
  ].join("\n");
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
