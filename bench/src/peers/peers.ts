import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath, stderr, stdout, version } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Precision } from "@ocellus/engine";
import { encodeImage } from "@ocellus/media";
import { benchCheckpoint } from "../bench-checkpoint.ts";
import { JsonProcess } from "../json-process.ts";
import { noisePicture } from "../noise-picture.ts";
import { comparisonTable, type PeerResult } from "./comparison-table.ts";
import { measureSide, type SideFigures, type SideRequests } from "./measure-side.ts";
import type { OursOptions } from "./ours-side.ts";
import { peers, preparePeer, type ReadyPeer, startPython } from "./peer.ts";

const prompt = "What is in this picture? Answer briefly.";

/**
 * `npm run bench -- peers`: the same requests through ours and through other engines, in turn, each in a process of its
 * own. Prints a table and saves it with the figures of every repetition.
 *
 * Options: `--shape small` (see bench-checkpoint.ts), `--peer transformers,llama,openvino,genai` (with `--shape tiny`
 * transformers alone), `--precision int4` (tiny: float32), `--image 448`, `--tokens 32`, `--batch 4,8`, `--runs 3`,
 * `--answers 1` in each process (tiny: 20; as many warm up), `--folder DIR` for checkpoints, caches and results (kept).
 */
export async function runPeers(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: "string", default: "small" },
      peer: { type: "string" },
      precision: { type: "string" },
      image: { type: "string", default: "448" },
      tokens: { type: "string", default: "32" },
      batch: { type: "string", default: "4,8" },
      runs: { type: "string", default: "3" },
      answers: { type: "string" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
    },
  });
  const { shape, folder } = values;
  const tiny = shape === "tiny";
  const names = (values.peer ?? (tiny ? "transformers" : Object.keys(peers).join(","))).split(",");
  const unknown = names.find((name) => !Object.hasOwn(peers, name));
  if (unknown !== undefined) throw new RangeError(`--peer ${unknown} must be of ${Object.keys(peers).join(", ")}`);
  const precision = (values.precision ?? (tiny ? "float32" : "int4")) as Precision;
  const batchSizes = values.batch.split(",").map(Number);
  const checkpoint = await benchCheckpoint(shape, folder);
  const ours: OursOptions = { model: checkpoint, precision, cacheFolder: join(folder, "cache") };
  const images = await writePictures(folder, Number(values.image), 2 * Number(values.answers ?? (tiny ? 20 : 1)));
  stderr.write("[bench] preparing ours\n");
  const promptTokens = await countPromptTokens(ours, images.slice(0, 2));
  const requests: SideRequests = { images, prompt, promptTokens, tokens: Number(values.tokens), batchSizes };

  const begin = new Date();
  const load = [loadavg()[0]!];
  const results: PeerResult[] = [];
  for (const name of names) {
    results.push(await compare(name, ours, requests, Number(values.runs), folder, tiny ? 1 : null));
    load.push(loadavg()[0]!);
  }
  const heading = [
    `${shape}, ours at ${precision}, one ${values.image}×${values.image} picture, ${promptTokens} tokens of prompt, ${values.tokens} of answer`,
    `medians of ${values.runs} runs; in brackets how many times better ours is`,
    `${begin.toISOString()}, ${cpus().length} processors, load ${load.map((value) => value.toFixed(1)).join(", ")}, Node ${version}`,
  ];
  const report = `${heading.join("\n")}\n\n${comparisonTable(results, batchSizes)}`;
  const saved = join(folder, `peers-${shape}-${begin.toISOString().replaceAll(":", "-")}`);
  await writeFile(`${saved}.md`, report);
  await writeFile(`${saved}.json`, JSON.stringify({ heading, requests, results }, null, 2));
  stdout.write(`\n${report}\nsaved as ${saved}.md and .json\n`);
}

/** Runs pairs; who begins changes from pair to pair. A peer that cannot run is a result too. */
async function compare(
  name: string,
  ours: OursOptions,
  requests: SideRequests,
  runs: number,
  folder: string,
  threads: number | null,
): Promise<PeerResult> {
  const { title, side } = peers[name]!;
  const pairs: PeerResult["pairs"][number][] = [];
  try {
    const ready = await preparePeer(name, ours.model, folder);
    const dtype = ours.precision === "float32" ? "float32" : "bfloat16";
    const measure = {
      ours: (): Promise<SideFigures> => measureSide(startOurs(ours), requests),
      theirs: (): Promise<SideFigures> => measureSide(startTheirs(ready, side, { threads, dtype }), requests),
    };
    for (let run = 0; run < runs; run++) {
      stderr.write(`[bench] ${name}, run ${run + 1} of ${runs}\n`);
      const first = run % 2 === 0 ? await measure.ours() : undefined;
      const theirs = await measure.theirs();
      pairs.push({ ours: first ?? (await measure.ours()), theirs });
    }
    return { title, pairs, failure: null };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    stderr.write(`[bench] ${name} failed: ${failure}\n`);
    return { title, pairs: [], failure };
  }
}

function startOurs(options: OursOptions): JsonProcess {
  const script = fileURLToPath(new URL("./ours-side.js", import.meta.url));
  return new JsonProcess(execPath, [script, JSON.stringify(options)], env);
}

function startTheirs({ python, model }: ReadyPeer, module: string, options: object): JsonProcess {
  return startPython(python, module, [JSON.stringify({ model, ...options })]);
}

/** Converts the checkpoint in a process of its own, apart from what is measured. */
async function countPromptTokens(options: OursOptions, images: readonly string[]): Promise<number> {
  const requests = { images, prompt, promptTokens: 0, tokens: 2, batchSizes: [] };
  return (await measureSide(startOurs(options), requests)).inputTokens;
}

async function writePictures(folder: string, side: number, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths = Array.from({ length: count }, (_, seed) => join(folder, `noise-${side}-${seed}.png`));
  for (const [seed, path] of paths.entries()) {
    await writeFile(path, await encodeImage(noisePicture(side, seed), { format: "png" }));
  }
  return paths;
}
