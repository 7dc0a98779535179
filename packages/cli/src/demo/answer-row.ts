import type { PredictionResponse } from "ocellus";
import { groundingLines } from "../output/format-answer.ts";
import { formatDuration } from "../output/format-quantity.ts";
import { tokensPerSecond } from "../output/format-timings.ts";
import { printableOn } from "../output/printable.ts";
import type { TextStyle } from "../output/text-style.ts";
import { writeOutput } from "../output/write-output.ts";

const indent = 4;
const markWidth = 3;
const firstTokenWidth = 12;
const speedWidth = 11;

/** Widths of the demo's two columns: answers, and how long they took. */
export interface RowLayout {
  /** Columns of the whole row. */
  readonly width: number;
  readonly style: TextStyle;
}

/** The heading over the columns of timings. */
export function rowHeading({ width, style }: RowLayout): string {
  return style.dim("first token".padStart(width - speedWidth) + "tokens/s".padStart(speedWidth));
}

/** Writes one answer while it comes, and then how long it took in the columns at the right. */
export class AnswerRow {
  readonly #layout: RowLayout;
  #column = 0;

  constructor(layout: RowLayout) {
    this.#layout = layout;
  }

  /** Writes a piece of the answer; thinking is dimmed. */
  async write(text: string, isThinking: boolean): Promise<void> {
    const safe = printableOn(process.stdout, text).replaceAll("\n", " ");
    if (safe === "") return;
    await this.#indent();
    this.#column += Array.from(safe).length;
    await writeOutput(isThinking ? this.#layout.style.dim(safe) : safe);
  }

  /** Ends the line of the answer so that the next piece starts a new one. */
  async endLine(): Promise<void> {
    if (this.#column > 0) await writeOutput("\n");
    this.#column = 0;
  }

  /** Ends the row. `verdict` is `null` when nothing is known about the right answer. */
  async end(response: PredictionResponse, verdict: boolean | null): Promise<void> {
    const { style, width } = this.#layout;
    if (response.kind === "phrase-grounding") await this.write(response.result.sentence, false);
    const timings = width - markWidth - firstTokenWidth - speedWidth;
    if (this.#column > timings) await this.endLine();
    const mark = verdict === null ? "  " : verdict ? style.green(" ✓") : style.red(" ✗");
    const speed = tokensPerSecond(response);
    const times =
      formatDuration(response.timings.firstTokenMs).padStart(firstTokenWidth) +
      (speed === null ? "–" : speed.toFixed(0)).padStart(speedWidth);
    await writeOutput(`${" ".repeat(Math.max(0, timings - this.#column))}${mark} ${style.dim(times)}\n`);
    this.#column = 0;
    if (response.kind !== "phrase-grounding") return;
    for (const line of groundingLines(response.result.groundings)) {
      await writeOutput(`${" ".repeat(indent)}${style.cyan(printableOn(process.stdout, line))}\n`);
    }
  }

  async #indent(): Promise<void> {
    if (this.#column > 0) return;
    this.#column = indent;
    await writeOutput(" ".repeat(indent));
  }
}
