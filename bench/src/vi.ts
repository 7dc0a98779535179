import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type PredictionResponse, taskDefinitions, unwrap, type VisionModel } from "@ocellus/core";
import { loadModel } from "@ocellus/engine";
import { encodeImage } from "@ocellus/media";
import { medianOf } from "./median.ts";
import { startViPython, type ViPython, type ViRequest } from "./vi-python.ts";

const folderSize = 32;
const prompt = "What is in this image?";

interface Scenario extends Omit<ViRequest, "source" | "prompt"> {
  readonly title: string;
  /** Pictures a request is about; more than one are given as a list. */
  readonly pictures: number;
}

const scenarios: readonly Scenario[] = [
  { title: "one picture, generic, 1 token", task: "generic", tokens: 1, pictures: 1 },
  { title: "one picture, generic, 64 tokens", task: "generic", tokens: 64, pictures: 1 },
  { title: "one picture, vqa, 1 token", task: "vqa", tokens: 1, pictures: 1 },
  { title: "one picture, vqa, 64 tokens", task: "vqa", tokens: 64, pictures: 1 },
  { title: "one picture, phrase grounding, 64 tokens", task: "phrase-grounding", tokens: 64, pictures: 1 },
  { title: "one picture, vqa with thinking, 64 tokens", task: "vqa", tokens: 64, cot: true, pictures: 1 },
  { title: "32 pictures, generic, 32 tokens", task: "generic", tokens: 32, pictures: folderSize },
  { title: "32 pictures, vqa, 32 tokens", task: "vqa", tokens: 32, pictures: folderSize },
  { title: "32 pictures, phrase grounding, 32 tokens", task: "phrase-grounding", tokens: 32, pictures: folderSize },
];

/**
 * `npm run bench -- vi [--rounds 5] [--checkpoint DIR] [--torch-threads 1] [--ours-only]`: the same tiny checkpoint
 * (float32) through Ocellus and through the Vi SDK in Python, in turn, every round with pictures of its own.
 */
export async function runVi(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "5" },
      checkpoint: {
        type: "string",
        default: fileURLToPath(new URL("../../fixtures/checkpoints/qwen2_5_vl", import.meta.url)),
      },
      "torch-threads": { type: "string", default: "1" },
      "ours-only": { type: "boolean", default: false },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "ocellus-bench-vi-"));
  const python = values["ours-only"] ? null : await startViPython(values.checkpoint, values["torch-threads"]);
  try {
    await using model = await loadModel(values.checkpoint, { precision: "float32" });
    const bench = new ViBench(model, python, folder);
    for (let round = 0; round <= Number(values.rounds); round++) {
      stderr.write(round === 0 ? "[bench] warm-up\n" : `[bench] round ${round} of ${values.rounds}\n`);
      await bench.round(round);
    }
    stdout.write(bench.report());
  } finally {
    await python?.close();
    await rm(folder, { recursive: true });
  }
}

/** Seconds of both sides by scenario. */
interface Times {
  readonly ours: number[];
  readonly theirs: number[];
}

class ViBench {
  readonly #model: VisionModel;
  readonly #python: ViPython | null;
  readonly #folder: string;
  readonly #times = new Map<string, Times>();
  readonly #perToken = { constrained: [] as number[], free: [] as number[] };
  #pictures = 0;
  #promptReuse = 0;
  #askedTwice = "";

  constructor(model: VisionModel, python: ViPython | null, folder: string) {
    this.#model = model;
    this.#python = python;
    this.#folder = folder;
  }

  /** Every scenario once, ours and theirs in turn; round 0 warms both up and is not counted. */
  async round(round: number): Promise<void> {
    for (const { title, pictures, ...scenario } of scenarios) {
      const paths = await this.#writePictures(pictures);
      const request: ViRequest = { ...scenario, prompt, source: pictures === 1 ? paths[0]! : paths };
      const [ours, responses] = await this.#answer(request);
      const theirs = await this.#python?.answer(request);
      if (pictures > 1 && request.task === "vqa") this.#promptReuse = reuseOf(responses);
      if (round === 0) continue;
      const times = this.#times.get(title) ?? { ours: [], theirs: [] };
      this.#times.set(title, times);
      times.ours.push(ours);
      if (theirs !== undefined) times.theirs.push(theirs);
    }
    await this.#compareStructuredWithFree(round);
    await this.#askTwice();
  }

  async #answer(request: ViRequest): Promise<readonly [seconds: number, responses: PredictionResponse[]]> {
    const { source, task, cot = false, tokens } = request;
    const generationConfig = { maxNewTokens: tokens };
    const begin = performance.now();
    const call = { userPrompt: request.prompt, task, cot, generationConfig };
    const outcomes =
      typeof source === "string"
        ? [await this.#model({ ...call, source })]
        : await this.#model({ ...call, source: [...source], showProgress: false });
    return [(performance.now() - begin) / 1000, outcomes.map(unwrap)];
  }

  /** The same prompt with the grammar of the task and without: milliseconds of decoding a token. */
  async #compareStructuredWithFree(round: number): Promise<void> {
    const [source] = await this.#writePictures(1);
    const { systemPrompt } = taskDefinitions["phrase-grounding"];
    for (const task of ["phrase-grounding", "generic"] as const) {
      const generationConfig = { maxNewTokens: 64 };
      const call = { source: source!, userPrompt: prompt, systemPrompt, task, generationConfig };
      const { timings, usage } = unwrap(await this.#model(call));
      const times = task === "generic" ? this.#perToken.free : this.#perToken.constrained;
      if (round > 0) times.push(timings.decodeMs / usage.outputTokens);
    }
  }

  async #askTwice(): Promise<void> {
    const [source] = await this.#writePictures(1);
    const vision: string[] = [];
    for (const userPrompt of ["What is in this image?", "How many?"]) {
      const { timings } = unwrap(
        await this.#model({ source: source!, userPrompt, generationConfig: { maxNewTokens: 1 } }),
      );
      vision.push(timings.visionMs.toFixed(1));
    }
    this.#askedTwice = vision.join(" then ");
  }

  async #writePictures(count: number): Promise<string[]> {
    const paths: string[] = [];
    for (let i = 0; i < count; i++) {
      const path = join(this.#folder, `${this.#pictures}.png`);
      await writeFile(path, await encodeImage(drawPicture(this.#pictures++), { format: "png" }));
      paths.push(path);
    }
    return paths;
  }

  report(): string {
    const rows = [...this.#times].map(([title, { ours, theirs }]) => {
      const [own, other] = [1000 * medianOf(ours), 1000 * medianOf(theirs)];
      const perSecond = title.startsWith("32") ? `${((folderSize / own) * 1000).toFixed(0)} pictures/s` : "";
      return row(title, own, theirs.length === 0 ? null : other, perSecond);
    });
    const perToken = (side: keyof Times): number => (1000 * (this.#median(64, side) - this.#median(1, side))) / 63;
    return [
      `Vi SDK, float32, ms (medians of ${this.#times.values().next().value?.ours.length} rounds), ${cpus().length} processors, Node ${process.version}`,
      "| | ours | Python | ratio | |",
      "|---|--:|--:|--:|---|",
      ...rows,
      row("a token, generic", perToken("ours"), this.#python === null ? null : perToken("theirs"), ""),
      "",
      `decoding a token of the answer, grammar on / off: ${medianOf(this.#perToken.constrained).toFixed(2)} / ${medianOf(this.#perToken.free).toFixed(2)} ms`,
      `prompt tokens reused in the vqa folder: ${(100 * this.#promptReuse).toFixed(1)} %`,
      `vision of a picture asked about twice: ${this.#askedTwice} ms`,
      "",
    ].join("\n");
  }

  #median(tokens: number, side: keyof Times): number {
    return medianOf(this.#times.get(`one picture, generic, ${tokens} token${tokens === 1 ? "" : "s"}`)![side]);
  }
}

function row(title: string, ours: number, theirs: number | null, remark: string): string {
  const ratio = theirs === null ? "" : `${(theirs / ours).toFixed(1)}×`;
  return `| ${title} | ${ours.toFixed(2)} | ${theirs?.toFixed(2) ?? ""} | ${ratio} | ${remark} |`;
}

function reuseOf(responses: readonly PredictionResponse[]): number {
  const sum = (of: (usage: PredictionResponse["usage"]) => number): number =>
    responses.reduce((total, { usage }) => total + of(usage), 0);
  return sum(({ cachedTokens = 0 }) => cachedTokens) / sum(({ inputTokens }) => inputTokens);
}

/** A smooth picture of 224 × 224 pixels, different for every number. */
function drawPicture(number: number): { data: Uint8Array; width: number; height: number; channels: 3 } {
  const side = 224;
  const data = new Uint8Array(3 * side * side);
  for (let at = 0; at < side * side; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    for (let channel = 0; channel < 3; channel++) {
      const wave = Math.sin((x * (1 + (number % 7)) + y * (channel + 1)) / 23 + number);
      data[3 * at + channel] = 128 + 127 * wave;
    }
  }
  return { data, width: side, height: side, channels: 3 };
}
