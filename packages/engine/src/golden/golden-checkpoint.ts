import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChatMessage, ChatPart, ParsedSource } from "@ocellus/core";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));

/** Recorded greedy decoding: ids, and how far the best score was above the second at each step. */
export interface GoldenGreedy {
  readonly ids: readonly number[];
  readonly gap: readonly number[];
  readonly text: string;
}

interface GoldenTensor {
  readonly tensor: string;
}

interface GoldenPixels {
  readonly shape: readonly number[];
  readonly u8?: { readonly sha256: string };
}

/** One recorded prompt (fixtures README, "expected.json"). */
export interface GoldenCase {
  readonly id: string;
  readonly kind: string;
  readonly messages: readonly { readonly role: string; readonly content: string | readonly GoldenPart[] }[];
  readonly template_kwargs: Readonly<Record<string, unknown>>;
  readonly processor_kwargs: Readonly<Record<string, unknown>>;
  readonly prompt_text: string;
  readonly input_ids: readonly number[];
  /** Length after the splice where `input_ids` holds one id a tile (nvila). */
  readonly sequence_length?: number;
  readonly image_grid_thw?: readonly (readonly number[])[];
  readonly pixels: Readonly<Record<string, { readonly pil?: GoldenPixels; readonly torchvision?: GoldenPixels }>>;
  readonly position_ids?: readonly (readonly number[])[];
  readonly rope_deltas?: readonly number[];
  readonly image_features?: GoldenTensor;
  readonly logits: GoldenTensor;
  readonly greedy: GoldenGreedy;
  readonly greedy_rp105: GoldenGreedy;
  readonly video_grid_thw?: readonly (readonly number[])[];
  /** What comes out when clips are resized by Pillow; the reference itself has another resampler for them. */
  readonly video_pil?: ResizedByPillow;
  /** The same for pictures, where the reference has no Pillow. */
  readonly image_pil?: ResizedByPillow;
}

interface ResizedByPillow {
  readonly pixels: GoldenPixels;
  readonly logits: GoldenTensor;
  readonly greedy: GoldenGreedy;
}

type GoldenPart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly path: string }
  | {
      readonly type: "video";
      readonly frames: readonly string[];
      readonly fps: number;
      readonly frames_indices: readonly number[];
      readonly total_num_frames: number;
    };

/** One row of a recorded batch. */
export type BatchedCase = Pick<GoldenCase, "messages" | "template_kwargs" | "greedy">;

/** A checkpoint folder with the numbers that transformers computed for it. */
export interface GoldenCheckpoint {
  readonly folder: string;
  /** Where its processor's files are: the same folder, or that of an adapter's base. */
  readonly filesFolder: string;
  readonly eosTokenIds: readonly number[];
  readonly maxNewTokens: number;
  readonly cases: readonly GoldenCase[];
  /** The prompts of the cases that the reference has answered in one padded batch. */
  readonly batchedCases: readonly BatchedCase[];
  /** A recorded float32 array. */
  tensor(name: string): Float32Array;
}

/** The folders of fixtures/checkpoints that have recorded numbers: a new family's are tested as soon as they are there. */
export const goldenNames: readonly string[] = foldersWithNumbers("");

/** Adapter folders within them that have, such as `qwen2_5_vl/lora-attn-mlp`. */
export const goldenAdapters: readonly string[] = goldenNames.flatMap((name) => foldersWithNumbers(`${name}/`));

function foldersWithNumbers(folder: string): string[] {
  return readdirSync(`${fixtures}checkpoints/${folder}`)
    .map((name) => `${folder}${name}`)
    .filter((name) => existsSync(`${fixtures}checkpoints/${name}/expected.json`))
    .sort();
}

/** Reads a folder of fixtures/checkpoints; an adapter (`qwen2_5_vl/lora-attn-mlp`) has the prompts of its base. */
export function readGoldenCheckpoint(name: string): GoldenCheckpoint {
  const folder = `${fixtures}checkpoints/${name}`;
  const own = JSON.parse(readFileSync(`${folder}/expected.json`, "utf8"));
  const recorded = own.same_as === undefined ? folder : dirname(join(folder, own.same_as));
  const expected = own.same_as === undefined ? own : JSON.parse(readFileSync(`${recorded}/expected.json`, "utf8"));
  const bytes = readFileSync(`${recorded}/${expected.arrays}`);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerLength));
  return {
    folder,
    ...(expected.inputs === undefined ? ownCases(folder, expected) : casesOfBase(name, expected)),
    batchedCases: (expected.cases as GoldenCase[]).filter(({ kind }) => kind === "batch").flatMap(rowsOf),
    tensor: (tensor) => {
      const [start, end] = header[tensor].data_offsets as [number, number];
      return new Float32Array(Uint8Array.from(bytes.subarray(8 + headerLength + start, 8 + headerLength + end)).buffer);
    },
  };
}

type RecordedCases = Pick<GoldenCheckpoint, "filesFolder" | "eosTokenIds" | "maxNewTokens" | "cases">;

interface ExpectedJson {
  readonly eos_token_ids: readonly number[];
  readonly max_new_tokens: number;
  readonly cases: readonly GoldenCase[];
}

/** What the second opinion of nvila leaves out, being the same in all its cases. */
const absent = { kind: "image", template_kwargs: {}, processor_kwargs: {}, pixels: {} };

function ownCases(filesFolder: string, expected: ExpectedJson): RecordedCases {
  const { eos_token_ids: eosTokenIds, max_new_tokens: maxNewTokens } = expected;
  const cases = expected.cases.map((recorded) => ({ ...absent, ...recorded }));
  return { filesFolder, eosTokenIds, maxNewTokens, cases };
}

/** Prompts and pixels are those of the base's case of the same name, everything computed is the adapter's own. */
function casesOfBase(name: string, expected: ExpectedJson): RecordedCases {
  const { filesFolder, eosTokenIds, maxNewTokens, cases } = readGoldenCheckpoint(dirname(name));
  const own = expected.cases.map((recorded) => ({ ...cases.find(({ id }) => id === recorded.id), ...recorded }));
  return { filesFolder, eosTokenIds, maxNewTokens, cases: own };
}

/** The rows of a recorded batch, whose fields are lists of what other cases have. */
function rowsOf(batch: GoldenCase): BatchedCase[] {
  const { messages, greedy, template_kwargs } = batch as GoldenCase & Record<"messages" | "greedy", unknown[]>;
  return messages.map((row, index) => ({ messages: row, greedy: greedy[index], template_kwargs }) as BatchedCase);
}

/** The chat of a case as the engine receives it. */
export function goldenMessages({ messages }: Pick<GoldenCase, "messages">): ChatMessage[] {
  return messages.map(({ role, content }) => ({
    role: role as ChatMessage["role"],
    content: (typeof content === "string" ? [{ type: "text", text: content } as const] : content).map(toPart),
  }));
}

function toPart(part: GoldenPart): ChatPart {
  if (part.type === "text") return part;
  if (part.type === "image") return { type: "image", source: pictureSource(part.path) };
  const { fps, frames_indices: frameIndices, total_num_frames: totalFrames } = part;
  return { type: "video", frames: part.frames.map(pictureSource), fps, frameIndices, totalFrames };
}

function pictureSource(name: string): ParsedSource {
  return { kind: "path", media: "image", path: `${fixtures}images/${name}`, label: name };
}
