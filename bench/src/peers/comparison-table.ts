import { medianOf } from "../median.ts";
import type { SideFigures } from "./measure-side.ts";

/** A peer's repetitions, each beside ours, or why there are none. */
export interface PeerResult {
  readonly title: string;
  readonly pairs: readonly { readonly ours: SideFigures; readonly theirs: SideFigures }[];
  readonly failure: string | null;
}

interface Stage {
  readonly title: string;
  readonly of: (figures: SideFigures) => number | null;
  readonly digits: number;
  readonly moreIsBetter?: boolean;
}

/**
 * Markdown: a row a stage, a column an engine; medians, and behind each peer's by what factor ours is ahead (the median
 * of the paired ratios).
 */
export function comparisonTable(results: readonly PeerResult[], batchSizes: readonly number[]): string {
  const pairs = results.flatMap((result) => result.pairs);
  const rows = stagesOf(batchSizes).map((stage) => {
    const ours = pairs.map((pair) => stage.of(pair.ours)).filter((value) => value !== null);
    const own = ours.length === 0 ? "–" : medianOf(ours).toFixed(stage.digits);
    return `| ${[stage.title, own, ...results.map((result) => cell(stage, result))].join(" | ")} |`;
  });
  const failures = results.flatMap(({ title, failure }) => (failure === null ? [] : [`${title}: ${failure}`]));
  return [
    `| | Ocellus | ${results.map(({ title }) => title).join(" | ")} |`,
    `|---|${"--:|".repeat(results.length + 1)}`,
    ...rows,
    ...(failures.length === 0 ? [] : ["", ...failures]),
    "",
  ].join("\n");
}

function stagesOf(batchSizes: readonly number[]): Stage[] {
  return [
    { title: "load, s", of: ({ loadMs }) => loadMs / 1000, digits: 2 },
    { title: "vision, ms", of: ({ visionMs }) => visionMs, digits: 1 },
    { title: "prefill, tokens/s", of: (figures) => figures.prefillTokensPerSecond, digits: 1, moreIsBetter: true },
    { title: "first token, ms", of: ({ firstTokenMs }) => firstTokenMs, digits: 1 },
    { title: "decode, ms/token", of: ({ decodeMsPerToken }) => decodeMsPerToken, digits: 2 },
    { title: "the whole answer, ms", of: ({ answerMs }) => answerMs, digits: 0 },
    ...batchSizes.map((size) => ({
      title: `${size} in a batch, tokens/s in total`,
      of: ({ batches }: SideFigures) => batches[size] ?? null,
      digits: 1,
      moreIsBetter: true,
    })),
    { title: "peak memory, GB", of: ({ peakBytes }) => peakBytes / 1e9, digits: 2 },
  ];
}

function cell({ of, digits, moreIsBetter }: Stage, { pairs, failure }: PeerResult): string {
  if (failure !== null) return "failed";
  const both = pairs
    .map((pair) => ({ ours: of(pair.ours), theirs: of(pair.theirs) }))
    .filter((pair): pair is { ours: number; theirs: number } => pair.ours !== null && pair.theirs !== null);
  if (both.length === 0) return "–";
  const ratios = both.map(({ ours, theirs }) => (moreIsBetter === true ? ours / theirs : theirs / ours));
  return `${medianOf(both.map(({ theirs }) => theirs)).toFixed(digits)} (${medianOf(ratios).toFixed(2)}×)`;
}
