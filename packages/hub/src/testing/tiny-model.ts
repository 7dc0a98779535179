/** Bytes of a safetensors file with one U8 tensor of `length` elements. */
export function tinySafetensors(length: number): Buffer {
  const header = Buffer.from(JSON.stringify({ weight: { dtype: "U8", shape: [length], data_offsets: [0, length] } }));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  const data = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) data[index] = (index * 31 + (index >> 8)) & 0xff;
  return Buffer.concat([start, header, data]);
}

/** Files of a model as repositories have them: what the engine needs, and what it must never download. */
export function tinyModel(weightBytes = 200_000): Record<string, Buffer> {
  const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  return {
    ".gitattributes": Buffer.from("*.safetensors filter=lfs\n"),
    "README.md": Buffer.from("# tiny\n"),
    "config.json": text({ model_type: "tiny" }),
    "chat_template.jinja": Buffer.from("{{ messages }}"),
    "model.safetensors": tinySafetensors(weightBytes),
    "modeling_tiny.py": Buffer.from("import os\n"),
    "original/consolidated.00.pth": Buffer.alloc(1000, 1),
    "pytorch_model.bin": Buffer.alloc(1000, 2),
    "tokenizer.json": text({ model: {} }),
    "tokenizer_config.json": text({}),
  };
}

/** The files of {@link tinyModel} that the engine needs, sorted. */
export const neededFiles: readonly string[] = [
  ...["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"],
];
