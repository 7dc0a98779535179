import { env, execPath } from "node:process";
import { expect, test } from "vitest";
import { JsonProcess } from "../json-process.ts";
import { comparisonTable } from "./comparison-table.ts";
import { measureSide, type SideFigures } from "./measure-side.ts";

const figures: SideFigures = {
  loadMs: 2000,
  inputTokens: 100,
  visionMs: 100,
  prefillTokensPerSecond: 200,
  firstTokenMs: 400,
  decodeMsPerToken: 50,
  answerMs: 900,
  peakBytes: 4e9,
  batches: { "4": 60 },
};

test("the table has medians, paired ratios that say how far ours is ahead, gaps and failures by name", () => {
  const slower: SideFigures = { ...figures, visionMs: 300, prefillTokensPerSecond: 50, batches: { "4": null } };
  const blind: SideFigures = { ...figures, visionMs: null, firstTokenMs: null, decodeMsPerToken: 25 };
  const table = comparisonTable(
    [
      { title: "A", pairs: [{ ours: figures, theirs: slower }], failure: null },
      { title: "B", pairs: [{ ours: figures, theirs: blind }], failure: null },
      { title: "C", pairs: [], failure: "pip ended with 1" },
    ],
    [4],
  );
  expect(table).toContain("| vision, ms | 100.0 | 300.0 (3.00×) | – | failed |");
  expect(table).toContain("| prefill, tokens/s | 200.0 | 50.0 (4.00×) | 200.0 (1.00×) | failed |");
  expect(table).toContain("| decode, ms/token | 50.00 | 50.00 (1.00×) | 25.00 (0.50×) | failed |");
  expect(table).toContain("| 4 in a batch, tokens/s in total | 60.0 | – | 60.0 (1.00×) | failed |");
  expect(table).toContain("C: pip ended with 1");
});

test("the rate of a batch counts the tokens by which long answers exceed short ones", async () => {
  const side = startNode(`
    const answer = { inputTokens: 50, visionMs: 1, prefillMs: 25, firstTokenMs: 30, decodeMs: 2, totalMs: 90 };
    const reply = ({ kind, tokens }) =>
      kind === "answer" ? answer : kind === "peak" ? { peakBytes: 7 } : { totalMs: 1000 + 10 * tokens };
    console.log(JSON.stringify({ loadMs: 5 }));
    require("readline").createInterface({ input: process.stdin })
      .on("line", (line) => console.log(JSON.stringify(reply(JSON.parse(line)))));
  `);
  const requests = { images: ["a", "b"], prompt: "?", promptTokens: 50, tokens: 32, batchSizes: [4] };
  await expect(measureSide(side, requests)).resolves.toEqual({
    loadMs: 5,
    inputTokens: 50,
    visionMs: 1,
    prefillTokensPerSecond: 2000,
    firstTokenMs: 30,
    decodeMsPerToken: 2,
    answerMs: 90,
    peakBytes: 7,
    batches: { "4": 400 },
  });
});

test("a process that ends or stays silent is an error that says so", async () => {
  const ended = startNode(`console.error("loading"); console.error("no such file"); process.exit(3)`);
  await expect(ended.next(10_000)).rejects.toThrow("ended with 3: no such file");
  const silent = startNode("setInterval(() => 0, 1000)");
  await expect(silent.next(50)).rejects.toThrow("no answer within 0.05 s");
  await silent.close();
});

function startNode(code: string): JsonProcess {
  return new JsonProcess(execPath, ["-e", code], env);
}
