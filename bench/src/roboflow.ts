import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { silentLogger } from "@ocellus/core";
import { InferenceHTTPClient } from "@ocellus/roboflow";
import { medianOf } from "./median.ts";
import { pythonWithSdk, timePython } from "./roboflow-python.ts";

interface Timing {
  /** Seconds per call. */
  readonly median: number;
  /** Seconds per call. */
  readonly mean: number;
}
type Timings = Readonly<Record<string, Timing>>;

const titles: Readonly<Record<string, string>> = {
  "v0-small": "V0, one small file a call",
  "v1-small": "V1, one small file a call",
  "v1-small-uncached": "V1, registry asked every time",
  "v0-1080p": "V0, one 1080p file a call (527 kB)",
  "v1-1080p": "V1, one 1080p file a call",
  "lmm-64": "64 pictures of 79 kB, 8 at a time (lmm)",
  "v0-64": "64 pictures of 79 kB, 8 at a time (V0)",
};

/**
 * `npm run bench -- roboflow [--rounds 3] [--small 1000] [--large 100] [--batch 20] [--ours-only]`: our client and
 * Python's `inference-sdk` in turn against the same stub server in a process of its own.
 */
export async function runRoboflow(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "3" },
      small: { type: "string", default: "1000" },
      large: { type: "string", default: "100" },
      batch: { type: "string", default: "20" },
      "ours-only": { type: "boolean", default: false },
    },
  });
  const counts = { small: Number(values.small), large: Number(values.large), batch: Number(values.batch) };
  const python = values["ours-only"] ? null : pythonWithSdk();
  const folder = mkdtempSync(join(tmpdir(), "ocellus-bench-"));
  writePictures(folder);
  const stub = spawn(process.execPath, [fileURLToPath(new URL("./roboflow-stub.js", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(stub.stdout, "data")) as [Buffer];
  const url = `http://127.0.0.1:${port.toString().trim()}`;
  const ours: Timings[] = [];
  const theirs: Timings[] = [];
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      stderr.write(`[bench] round ${round} of ${values.rounds}\n`);
      if (python !== null) theirs.push(timePython(python, url, folder, counts) as Timings);
      ours.push(await timeOurs(url, folder, counts));
    }
  } finally {
    stub.kill();
    rmSync(folder, { recursive: true });
  }
  stdout.write(report(ours, theirs));
}

/** Neither client looks into the files, so random bytes of the right sizes do. */
function writePictures(folder: string): void {
  const write = (name: string, size: number): void =>
    writeFileSync(join(folder, name), randomFillSync(Buffer.alloc(size)));
  write("small.jpg", 8_433);
  write("1080p.jpg", 527_232);
  for (let i = 0; i < 64; i++) write(`batch-${i}.jpg`, 79_003);
}

async function timeOurs(
  url: string,
  folder: string,
  counts: { readonly small: number; readonly large: number; readonly batch: number },
): Promise<Timings> {
  const small = join(folder, "small.jpg");
  const large = join(folder, "1080p.jpg");
  const batch = Array.from({ length: 64 }, (_, i) => join(folder, `batch-${i}.jpg`));
  await using client = new InferenceHTTPClient({ apiUrl: url, apiKey: "bench-key-123456", logger: silentLogger });
  const v0 = client.with({ mode: "v0" });
  const uncached = client.with({ configuration: { modelDescriptionCache: false } });
  const parallel = client.with({ configuration: { maxConcurrentRequests: 8 } });
  const parallelV0 = parallel.with({ mode: "v0" });
  const modelId = "a/1";
  return {
    "v0-small": await timed(() => v0.infer(small, { modelId }), counts.small),
    "v1-small": await timed(() => client.infer(small, { modelId }), counts.small),
    "v1-small-uncached": await timed(() => uncached.infer(small, { modelId }), counts.small),
    "v0-1080p": await timed(() => v0.infer(large, { modelId }), counts.large),
    "v1-1080p": await timed(() => client.infer(large, { modelId }), counts.large),
    "lmm-64": await timed(() => parallel.inferLmm(batch, { modelId, prompt: "p" }), counts.batch),
    "v0-64": await timed(() => parallelV0.infer(batch, { modelId }), counts.batch),
  };
}

async function timed(call: () => Promise<unknown>, count: number): Promise<Timing> {
  for (let i = 0; i < Math.max(3, count / 20); i++) await call();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    await call();
    times.push((performance.now() - begin) / 1000);
  }
  return { median: medianOf(times), mean: times.reduce((sum, time) => sum + time, 0) / count };
}

function report(ours: readonly Timings[], theirs: readonly Timings[]): string {
  const rows = Object.entries(titles).map(([name, title]) => {
    // Python always asks the registry; both of our V1 rows are compared with it.
    const peer = name.replace("-uncached", "");
    const own = medianOf(ours.map((round) => round[name]!.median)) * 1000;
    const other = theirs.length === 0 ? null : medianOf(theirs.map((round) => round[peer]!.median)) * 1000;
    const ratio = other === null ? "" : `${(other / own).toFixed(2)}x`;
    return `| ${title.padEnd(42)} | ${own.toFixed(3).padStart(9)} | ${(other?.toFixed(3) ?? "").padStart(9)} | ${ratio.padStart(7)} |`;
  });
  return [
    `Roboflow client, ms per call (median of ${ours.length} rounds' medians), ${cpus().length} processors, Node ${process.version}`,
    `| ${"".padEnd(42)} | ${"ours".padStart(9)} | ${"Python".padStart(9)} | ${"ratio".padStart(7)} |`,
    `|${"-".repeat(44)}|${"-".repeat(10)}:|${"-".repeat(10)}:|${"-".repeat(8)}:|`,
    ...rows,
    "",
  ].join("\n");
}
