import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChatMessage } from "@ocellus/core";

const workspace = fileURLToPath(new URL("../../", import.meta.url));

/** One prompt with the answer that transformers gave in float32. */
export interface AccuracyCase {
  readonly messages: readonly ChatMessage[];
  readonly templateOptions: Readonly<Record<string, unknown>>;
  /** Greedy tokens of the reference, without a penalty. */
  readonly answer: readonly number[];
  /** Ids that the recording suppressed at every step. */
  readonly suppressed: readonly number[];
  /** Recorded scores after the prompt; undefined where only the tokens were recorded. */
  readonly logits: Float32Array | undefined;
}

/** A checkpoint with recorded prompts. */
export interface AccuracyCheckpoint {
  readonly name: string;
  readonly folder: string;
  readonly cases: readonly AccuracyCase[];
}

interface RecordedPart {
  readonly type: string;
  readonly text?: string;
  readonly path?: string;
}

interface RecordedGolden {
  readonly kind: string;
  readonly messages: readonly { readonly role: string; readonly content: readonly RecordedPart[] }[];
  readonly template_kwargs: Readonly<Record<string, unknown>>;
  readonly logits: { readonly tensor: string };
  readonly greedy: { readonly ids: readonly number[] };
}

/** A folder of fixtures/checkpoints: random weights, every operation moves the numbers, hardly any margin. */
export function goldenCheckpoint(name: string): AccuracyCheckpoint {
  const folder = join(workspace, "fixtures/checkpoints", name);
  const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
  const arrays = readFileSync(join(folder, expected.arrays));
  const start = 8 + Number(arrays.readBigUInt64LE(0));
  const header = JSON.parse(arrays.toString("utf8", 8, start));
  const tensor = (key: string): Float32Array => {
    const [from, to] = header[key].data_offsets as [number, number];
    return new Float32Array(Uint8Array.from(arrays.subarray(start + from, start + to)).buffer);
  };
  const cases = (expected.cases as readonly RecordedGolden[]).filter(({ kind }) => /^(text|images?)$/.test(kind));
  return {
    name,
    folder,
    cases: cases.map(({ messages, template_kwargs, logits, greedy }) => ({
      messages: messages.map(({ role, content }) => ({
        role: role as ChatMessage["role"],
        content: content.map((part) =>
          part.path === undefined
            ? { type: "text", text: part.text ?? "" }
            : picture(join(workspace, "fixtures/images", part.path)),
        ),
      })),
      templateOptions: template_kwargs,
      answer: greedy.ids,
      suppressed: expected.eos_token_ids,
      logits: tensor(logits.tensor),
    })),
  };
}

interface RecordedSample {
  readonly parts: readonly { readonly type: string; readonly source: string }[];
  readonly system?: string;
  readonly question: string;
  readonly greedy: { readonly ids: readonly number[] };
}

/** The embedded model: trained weights, so its margins are those of a model in use. */
export function embeddedCheckpoint(): AccuracyCheckpoint {
  const expected = JSON.parse(readFileSync(join(workspace, "fixtures/ocellus-tiny/expected.json"), "utf8"));
  const recorded = expected.cases as readonly RecordedSample[];
  const samples = recorded.filter(({ parts }) => parts.every(({ type }) => type === "image"));
  return {
    name: "ocellus-tiny",
    folder: join(workspace, expected.checkpoint),
    cases: samples.map(({ parts, system, question, greedy }) => {
      const pictures = parts.map(({ source }) => picture(join(workspace, expected.samples, source)));
      const user: ChatMessage = { role: "user", content: [...pictures, { type: "text", text: question }] };
      const own: ChatMessage[] =
        system === undefined ? [] : [{ role: "system", content: [{ type: "text", text: system }] }];
      return { messages: [...own, user], templateOptions: {}, answer: greedy.ids, suppressed: [], logits: undefined };
    }),
  };
}

function picture(path: string): ChatMessage["content"][number] {
  return { type: "image", source: { kind: "path", media: "image", path, label: path } };
}
