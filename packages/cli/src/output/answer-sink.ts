import { type CocoEntry, toCoco, toCsv, toJsonLines } from "ocellus";
import type { OutputFormat } from "../arguments/ask-options.ts";
import { formatEntry } from "./format-entry.ts";
import type { OutputFile } from "./output-file.ts";
import { writeOutput } from "./write-output.ts";

/** Where finished entries go. */
export interface AnswerSink {
  add(entry: CocoEntry): Promise<void>;
  /** Writes what is still held back. */
  end(): Promise<void>;
}

/** How a sink writes. */
export interface AnswerSinkOptions {
  readonly format: OutputFormat;
  /** There is one source: its answer is shown without its path. */
  readonly isSingle: boolean;
  /** Write at the end, into this file. */
  readonly file: OutputFile | null;
  /** Entries come in the order of the sources even where they are written as they finish. */
  readonly isOrdered: boolean;
}

/**
 * Text and JSON Lines go to standard output as entries finish; everything for a file, and the formats that have a head
 * or are one document (CSV, COCO), is written at the end in the order of the sources.
 */
export function createAnswerSink(options: AnswerSinkOptions): AnswerSink {
  const { format, file, isOrdered } = options;
  if (file === null && (format === "text" || format === "json")) {
    const write = (entry: CocoEntry): Promise<void> => writeOutput(formatAll([entry], options));
    return isOrdered ? createOrderedSink(write) : { add: write, end: async () => undefined };
  }
  const entries: CocoEntry[] = [];
  return {
    async add(entry) {
      entries.push(entry);
    },
    async end() {
      entries.sort((a, b) => a.index - b.index);
      const text = formatAll(entries, options);
      if (file === null) await writeOutput(text);
      else await file.commit(text);
    },
  };
}

/** Holds an entry back until those before it are written. */
function createOrderedSink(write: (entry: CocoEntry) => Promise<void>): AnswerSink {
  const waiting = new Map<number, CocoEntry>();
  let next = 0;
  return {
    async add(entry) {
      waiting.set(entry.index, entry);
      for (let ready = waiting.get(next); ready !== undefined; ready = waiting.get(next)) {
        waiting.delete(next++);
        await write(ready);
      }
    },
    async end() {
      // An interrupted run has gaps.
      for (const entry of [...waiting.values()].sort((a, b) => a.index - b.index)) await write(entry);
      waiting.clear();
    },
  };
}

function formatAll(entries: readonly CocoEntry[], { format, isSingle, file }: AnswerSinkOptions): string {
  switch (format) {
    case "json":
      return toJsonLines(entries);
    case "csv":
      return toCsv(entries);
    case "coco":
      return `${JSON.stringify(toCoco(entries), null, 2)}\n`;
    case "text":
      return entries.map((entry) => formatEntry(entry, isSingle, file === null ? process.stdout : null)).join("");
  }
}
