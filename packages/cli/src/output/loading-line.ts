import type { ProgressEvent } from "ocellus";
import { styleFor } from "./text-style.ts";

/** The part of standard error that a loading line uses. */
export interface LineOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Shows how far the loading of a model is. */
export interface LoadingLine {
  /** Takes the events of `loadModel`. */
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
      if (event.kind !== "load" || isEnded) return;
      if (isTerminal && performance.now() - startedAt < quietMs) return;
      const tenth = Math.floor(event.fraction * 10) * 10;
      const line = isTerminal
        ? `\r${style.dim(`${bar(event.fraction)} ${event.step}`)}\u001b[K`
        : `ocellus: ${event.step} ${tenth} %\n`;
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
