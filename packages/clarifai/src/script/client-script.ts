import type { MethodField, MethodSignature } from "../signatures/method-signature.ts";

/** What a {@link clientScript} is made for. */
export interface ClientScriptOptions {
  /** Address of the model. */
  readonly url: string;
  /** Base of the API where it is not the public one. */
  readonly baseUrl?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly deploymentUserId?: string | undefined;
}

const examples: Readonly<Record<string, string>> = {
  STR: '"…"',
  BYTES: "new Uint8Array([0])",
  INT: "1",
  FLOAT: "0.5",
  BOOL: "true",
  NDARRAY: "Float32Array.of(1, 2)",
  JSON_DATA: "{}",
  TEXT: '"…"',
  IMAGE: '"picture.jpg"',
  AUDIO: '"sound.wav"',
  VIDEO: '"film.mp4"',
  CONCEPT: '{ name: "cat" }',
  REGION: "{ box: [0.1, 0.1, 0.9, 0.9] }",
  FRAME: '{ image: "picture.jpg" }',
};

const types: Readonly<Record<string, string>> = {
  STR: "string",
  BYTES: "Uint8Array",
  INT: "number | bigint",
  FLOAT: "number",
  BOOL: "boolean",
  NDARRAY: "NdArrayValue",
  JSON_DATA: "JsonValue",
  TEXT: "TextValue",
  IMAGE: "MediaValue",
  AUDIO: "MediaValue",
  VIDEO: "MediaValue",
  CONCEPT: "ConceptValue",
  REGION: "RegionValue",
  FRAME: "FrameValue",
};

/** A TypeScript program that calls every method of a model, with an example for each argument that has no default. */
export function clientScript(signatures: readonly MethodSignature[], options: ClientScriptOptions): string {
  const names = new Set(["Model"]);
  const bodies = signatures.map((signature) => callOf(signature, names));
  const settings = Object.entries(options).filter(([, value]) => value !== undefined);
  const fields = settings.map(([key, value]) => `  ${key}: ${JSON.stringify(value)},\n`).join("");
  const imports = [...names].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase()));
  const list = imports.map((name) => (name === "Model" ? name : `type ${name}`)).join(", ");
  const head = `import { ${list} } from "@ocellus/clarifai";\n\n// The token is taken from CLARIFAI_PAT.\n`;
  return `${head}await using model = new Model({\n${fields}});\n\n${bodies.join("\n")}`;
}

function callOf(signature: MethodSignature, names: Set<string>): string {
  const { name, kind, description, inputs, output } = signature;
  const args = inputs
    .filter(({ isRequired, isIterator }) => isRequired || isIterator)
    .map((field) => `  ${keyOf(field.name)}: ${argumentOf(field)},\n`);
  const given = args.length === 0 ? "{}" : `{\n${args.join("")}}`;
  const comment = description === "" ? "" : `// ${description.replace(/\s*\n\s*/g, "\n// ")}\n`;
  const result = typeOf(output, names);
  const call = `model.method<object, ${kind === "unary" ? result : `unknown, ${result}`}>(${JSON.stringify(name)})(${given})`;
  if (kind === "unary") return `${comment}console.log(await ${call});\n`;
  return `${comment}for await (const chunk of ${call}) {\n  console.log(chunk);\n}\n`;
}

function keyOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function argumentOf(field: MethodField): string {
  const example = exampleOf(field);
  return field.isIterator ? `[${example}].values()` : example;
}

function exampleOf({ type, typeArgs }: MethodField): string {
  if (type === "LIST" || type === "TUPLE") return `[${typeArgs.map(exampleOf).join(", ")}]`;
  if (type === "NAMED_FIELDS")
    return `{ ${typeArgs.map((item) => `${keyOf(item.name)}: ${exampleOf(item)}`).join(", ")} }`;
  return examples[type] ?? "null";
}

function typeOf({ type, typeArgs }: MethodField, names: Set<string>): string {
  if (type === "LIST") {
    const item = typeArgs[0] === undefined ? "unknown" : typeOf(typeArgs[0], names);
    return item.includes(" ") ? `(${item})[]` : `${item}[]`;
  }
  if (type === "TUPLE") return `[${typeArgs.map((item) => typeOf(item, names)).join(", ")}]`;
  if (type === "NAMED_FIELDS")
    return `{ ${typeArgs.map((item) => `${keyOf(item.name)}: ${typeOf(item, names)}`).join("; ")} }`;
  const name = types[type] ?? "unknown";
  if (name.endsWith("Value")) names.add(name);
  return name;
}
