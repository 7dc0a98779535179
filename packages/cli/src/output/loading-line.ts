import type { ProgressEvent } from "ocellus";
import { describeProgress } from "./describe-progress.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./text-style.ts";

/** The part of standard error that a loading line uses. */
export interface LineOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far the download and the loading of a model are. */
export interface LoadingLine {
  /** Takes the events of `loadModel` and `pullModel`. */
  update(event: ProgressEvent): void;
  /** Removes the line; nothing is shown afterwards. */
  end(): void;
}

/** Loading that is done sooner is not worth a line. */
const quietMs = 500;
const barWidth = 20;

/**
 * One line that is overwritten on a terminal; elsewhere a line per step and tenth, which only `isWanted` asks for.
 *
 * @param isWanted `undefined`: on a terminal only
 */
export function createLoadingLine(output: LineOutput, isWanted: boolean | undefined): LoadingLine {
  const isTerminal = output.isTTY === true;
  if (!(isWanted ?? isTerminal)) return { update: () => undefined, end: () => undefined };
  const style = styleFor(output);
  const startedAt = performance.now();
  let shown = "";
  let isEnded = false;
  return {
    update(event) {
      const state = describeProgress(event);
      if (state === null || isEnded) return;
      if (isTerminal && performance.now() - startedAt < quietMs) return;
      const fraction = state.fraction ?? 0;
      const tenth = Math.floor(fraction * 10) * 10;
      const line = isTerminal
        ? `\r${style.dim(`${bar(fraction)} ${printable(state.text)}`)}\u001b[K`
        : `ocellus: ${state.step} ${tenth} %\n`;
      if (line !== shown) output.write(line);
      shown = line;
    },
    end() {
      if (isTerminal && !isEnded && shown !== "") output.write("\r\u001b[K");
      isEnded = true;
    },
  };
}

function bar(fraction: number): string {
  const filled = Math.floor(fraction * barWidth);
  return "█".repeat(filled) + "░".repeat(barWidth - filled);
}
