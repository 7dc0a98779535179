import type { ModelInspection } from "ocellus";
import { formatBytes, formatCount, formatInteger } from "./format-quantity.ts";
import { printable } from "./printable.ts";
import type { TextStyle } from "./text-style.ts";

const labelWidth = 16;

/** The report of `ocellus models inspect` for people, without a line feed at its end. */
export function formatInspection(inspection: ModelInspection, style: TextStyle): string {
  const facts = factsOf(inspection).map(
    ([label, value]) => `  ${style.dim(label.padEnd(labelWidth))}${printable(value)}`,
  );
  return [
    style.bold(printable(inspection.name ?? inspection.folder)),
    "",
    ...facts,
    ...(facts.length === 0 ? [] : [""]),
    ...memoryLines(inspection, style),
    ...problemLines(inspection, style),
  ].join("\n");
}

/** What is known; what is not has no line. */
function factsOf(inspection: ModelInspection): [string, string][] {
  const { weights, parameters, vocabularySize, contextLength, tiedEmbeddings, chatTemplate } = inspection;
  const facts: [string, string | null][] = [
    ["folder", inspection.name === null ? null : inspection.folder],
    ["architecture", architectureOf(inspection)],
    ["adapter", adapterOf(inspection)],
    [
      "parameters",
      parameters === null
        ? null
        : `${formatCount(parameters.total)} (language ${formatCount(parameters.language)}, vision ${formatCount(parameters.vision)})`,
    ],
    ["stored as", storageOf(weights)],
    ["quantised by", inspection.quantization],
    ["vocabulary", vocabularySize === null ? null : `${formatInteger(vocabularySize)} tokens`],
    ["context", contextLength === null ? null : `${formatInteger(contextLength)} tokens`],
    ["output head", tiedEmbeddings === null ? null : tiedEmbeddings ? "tied to the embedding" : "weights of its own"],
    ["pictures", imageLimitsOf(inspection)],
    ["chat template", chatTemplate],
    ["generation", generationOf(inspection)],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

function architectureOf({ modelType, architectures }: ModelInspection): string | null {
  if (modelType === null) return architectures[0] ?? null;
  return `${modelType}${architectures.length === 0 ? "" : ` (${architectures.join(", ")})`}`;
}

function adapterOf({ adapter }: ModelInspection): string | null {
  if (adapter === null) return null;
  const replaced = adapter.replaced.length === 0 ? "" : `, replaces ${adapter.replaced.join(", ")}`;
  return `${adapter.kind} of rank ${adapter.rank} on ${adapter.modules} modules${replaced}: ${adapter.folder}`;
}

function storageOf(weights: ModelInspection["weights"]): string | null {
  if (weights === null) return null;
  const dtypes = weights.dtypes.map(({ dtype, bytes }) => `${dtype} ${formatBytes(bytes)}`).join(", ");
  const files = weights.files === 1 ? "1 file" : `${weights.files} files`;
  return `${dtypes} in ${files}, ${formatInteger(weights.tensors)} tensors`;
}

function imageLimitsOf({ imageLimits: { minPixels, maxPixels } }: ModelInspection): string | null {
  if (minPixels === null && maxPixels === null) return null;
  if (minPixels === maxPixels) return `resized to ${formatInteger(maxPixels!)} pixels`;
  const from = minPixels === null ? "" : `${formatInteger(minPixels)} `;
  const to = maxPixels === null ? "or more" : `to ${formatInteger(maxPixels)}`;
  return `resized to ${from}${to} pixels`;
}

function generationOf({ generationConfig }: ModelInspection): string | null {
  if (generationConfig === null) return null;
  const shown = Object.entries(generationConfig).filter(([key]) => key !== "stopTokenIds" && key !== "doSample");
  const parts = shown.map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const stops = generationConfig.stopTokenIds;
  if (stops !== undefined) parts.push(`stops at ${stops.length === 1 ? "token" : "tokens"} ${stops.join(", ")}`);
  return parts.length === 0 ? null : parts.join(", ");
}

function memoryLines({ memory }: ModelInspection, { bold, dim, red, green }: TextStyle): string[] {
  if (memory === null) return [];
  const rows = memory.precisions.map(({ precision, weightBytes, requiredBytes, prefillCopyBytes, fits }) => {
    const note = fits ? (precision === memory.auto ? green('fits, taken by "auto"') : "fits") : red("does not fit");
    const name = precision === memory.auto ? bold(precision.padEnd(labelWidth)) : precision.padEnd(labelWidth);
    const copy =
      prefillCopyBytes === null ? "" : dim(`, ${formatBytes(prefillCopyBytes)} more where it fits, for faster prompts`);
    return `  ${name}${formatBytes(weightBytes).padEnd(12)}${formatBytes(requiredBytes).padEnd(12)}${note}${copy}`;
  });
  const heading = `  ${"precision".padEnd(labelWidth)}${"weights".padEnd(12)}${"in all".padEnd(12)}`;
  return [dim(`${heading}${formatBytes(memory.availableBytes)} of memory available`), ...rows, ""];
}

function problemLines({ problems }: ModelInspection, { bold, red, green }: TextStyle): string[] {
  if (problems.length === 0) return [green("This checkpoint can be loaded.")];
  const lines = problems.map(({ subject, message }) => `  ${bold(subject)}: ${printable(message)}`);
  return [
    red(`This checkpoint cannot be loaded (${problems.length === 1 ? "1 problem" : `${problems.length} problems`}):`),
    ...lines,
  ];
}
