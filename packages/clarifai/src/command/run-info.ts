import type { ModelClient } from "../model/model-client.ts";
import { type ClientScriptOptions, clientScript } from "../script/client-script.ts";
import { describeSignature } from "../signatures/describe-signature.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { toJsonText } from "./format-value.ts";
import type { CommandOutput } from "./run-predict.ts";

/** Writes the methods of a model, one signature a line, with their descriptions; or all of it as JSON. */
export async function runMethods(model: ModelClient, format: "text" | "json", output: CommandOutput): Promise<void> {
  const signatures = await signaturesOf(model, output.signal);
  if (format === "json") {
    await output.write(`${toJsonText(signatures)}\n`);
    return;
  }
  const lines = signatures.map((signature) => `  ${describeSignature(signature)}\n${indented(signature.description)}`);
  await output.write(`Model: ${model.label}\n\nMethods:\n${lines.join("")}`);
}

/** Writes a TypeScript program that calls every method of the model. */
export async function runScript(
  model: ModelClient,
  options: ClientScriptOptions,
  output: CommandOutput,
): Promise<void> {
  await output.write(clientScript(await signaturesOf(model, output.signal), options));
}

async function signaturesOf(model: ModelClient, signal: AbortSignal): Promise<MethodSignature[]> {
  const names = await model.availableMethods({ signal });
  return await Promise.all(names.map((name) => model.signature(name, { signal })));
}

function indented(description: string): string {
  return description === "" ? "" : `      ${description.trim().replace(/\s*\n\s*/g, "\n      ")}\n`;
}
