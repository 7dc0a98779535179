import type { MethodField, MethodSignature } from "./method-signature.ts";

const plainNames: Readonly<Record<string, string>> = {
  STR: "str",
  BYTES: "bytes",
  INT: "int",
  FLOAT: "float",
  BOOL: "bool",
  NDARRAY: "np.ndarray",
  JSON_DATA: "data_types.JSON",
  TEXT: "data_types.Text",
  IMAGE: "data_types.Image",
  CONCEPT: "data_types.Concept",
  REGION: "data_types.Region",
  FRAME: "data_types.Frame",
  AUDIO: "data_types.Audio",
  VIDEO: "data_types.Video",
};

/** Types whose default is JSON; the default of every other type prints as a quoted text. */
const jsonTypes: ReadonlySet<string> = new Set(["INT", "FLOAT", "BOOL", "JSON_DATA", "LIST", "TUPLE", "NAMED_FIELDS"]);

/** The signature as the reference client prints it: `def predict(prompt: str, max_tokens: int = 512) -> str:`. */
export function describeSignature({ name, inputs, output }: MethodSignature): string {
  const parameters = inputs.map((field) => `${field.name}: ${typeText(field)}${defaultText(field)}`);
  return `def ${name}(${parameters.join(", ")}) -> ${typeText(output)}:`;
}

function typeText(field: MethodField): string {
  const text = bareTypeText(field);
  return field.isIterator ? `Iterator[${text}]` : text;
}

function bareTypeText({ type, typeArgs }: MethodField): string {
  if (type === "LIST") return `List[${typeArgs.map(typeText).join(", ")}]`;
  if (type === "TUPLE") return `Tuple[${typeArgs.map(typeText).join(", ")}]`;
  if (type === "NAMED_FIELDS")
    return `NamedFields[${typeArgs.map((item) => `${item.name}: ${typeText(item)}`).join(", ")}]`;
  return plainNames[type] ?? type;
}

function defaultText(field: MethodField): string {
  if (field.default.kind === "none" || field.default.text === "") return "";
  const { text } = field.default;
  if (field.type === "STR") return ` = ${text}`;
  return ` = ${jsonTypes.has(field.type) ? pythonOf(text) : pythonString(text)}`;
}

/** JSON as Python prints it: `true` is `True`, strings have single quotes; numbers stay as they were written. */
function pythonOf(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b/g, (token) => {
    if (token.startsWith('"')) return pythonString(JSON.parse(token) as string);
    return token === "null" ? "None" : token === "true" ? "True" : "False";
  });
}

function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}
