import type { RegisteredModels } from "@ocellus/roboflow";
import { CommandError } from "../command-error.ts";
import { printableOn } from "../output/printable.ts";
import { writeOutput } from "../output/write-output.ts";
import { openRoboflow, type RoboflowServerOptions } from "./roboflow-client.ts";

/** `ocellus roboflow info`: name and version of the server. */
export async function roboflowInfo(options: RoboflowServerOptions, signal: AbortSignal): Promise<number> {
  await using client = openRoboflow(options);
  const info = await client.getServerInfo({ signal });
  const text = options.json === true ? JSON.stringify(info) : `${info.name} ${info.version} (${info.uuid})`;
  await writeOutput(`${printableOn(process.stdout, text)}\n`);
  return 0;
}

/**
 * `ocellus roboflow models`: lists, loads and unloads the models of a self-hosted server; always prints what is loaded.
 *
 * @throws CommandError for an unknown action or a missing id
 */
export async function roboflowModels(
  action: string,
  id: string | undefined,
  options: RoboflowServerOptions,
  signal: AbortSignal,
): Promise<number> {
  await using client = openRoboflow(options);
  const call = { signal };
  const actions: Readonly<Record<string, () => Promise<RegisteredModels>>> = {
    list: () => client.listLoadedModels(call),
    load: () => client.loadModel(required(id), call),
    unload: () => client.unloadModel(required(id), call),
    clear: () => client.unloadAllModels(call),
  };
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) {
    throw new CommandError(`Unknown action "${action}"; there are ${Object.keys(actions).join(", ")}.`, 2);
  }
  const { models } = await run();
  const lines = models.map((model) =>
    options.json === true
      ? JSON.stringify(model)
      : `${model.modelId}  ${model.taskType}${model.inputWidth === null ? "" : `  ${model.inputWidth}x${model.inputHeight}`}`,
  );
  await writeOutput(lines.map((line) => `${printableOn(process.stdout, line)}\n`).join(""));
  return 0;
}

function required(id: string | undefined): string {
  if (id === undefined) throw new CommandError("Name the model.", 2);
  return id;
}
