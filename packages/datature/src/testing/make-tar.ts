import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An entry of {@link makeTar}; type `0` unless given. */
export interface TarContent {
  readonly path: string;
  readonly content?: Uint8Array | string;
  /** `5` a folder, `2` a link, … */
  readonly type?: string;
}

/** A plain ustar archive. Paths up to 100 bytes. */
export function makeTar(entries: readonly TarContent[]): Buffer {
  const blocks = entries.flatMap(({ path, content = "", type = "0" }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0);
    header.write("0000644\0", 100);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("        ", 148);
    header.write(type, 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The files of a folder, without those below it. */
export function filesOf(folder: string, prefix: string): TarContent[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => ({ path: `${prefix}/${name}`, content: readFileSync(join(folder, name)) }));
}

/** A safetensors file with one tensor. */
export function makeSafetensors(value: number): Buffer {
  const header = JSON.stringify({ weight: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }).padEnd(64);
  const bytes = Buffer.alloc(8 + header.length + 4);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  bytes.writeFloatLE(value, 8 + header.length);
  return bytes;
}

/** `run.json` with the blocks that matter. */
export function makeRunJson({
  task = "vqa",
  systemPrompt = "Answer briefly.",
  evaluation = { max_new_tokens: 160 } as object,
  model = {} as object,
}: {
  readonly task?: string | null;
  readonly systemPrompt?: string | null;
  readonly evaluation?: object;
  readonly model?: object;
} = {}): string {
  const block = (name: string, settings: object): object => ({ block: name, settings, style: {} });
  const blocks = [
    ...(task === null ? [] : [block("phyx-dataset", { projectKind: task })]),
    ...(systemPrompt === null ? [] : [block("phyx-system-prompt", { systemPrompt })]),
    block("phyx-model", {
      architecture: { name: "qwen25vl", size: "tiny" },
      quantization: { enabled: false, type: "NF4" },
      compute: { precisionType: "float32" },
      evaluation,
      ...model,
    }),
  ];
  return JSON.stringify({ spec: { flow: { name: "My flow", schema: "v1", tolerations: {}, settings: {}, blocks } } });
}
