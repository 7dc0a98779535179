import { CommandError } from "../command-error.ts";
import { printableOn } from "../output/printable.ts";
import { writeOutput } from "../output/write-output.ts";
import { openRoboflow, type RoboflowServerOptions, selectWorkflow } from "./roboflow-client.ts";

/** Options of `ocellus roboflow pipelines`. */
export interface RoboflowPipelineOptions extends RoboflowServerOptions {
  readonly workflow?: string;
  readonly spec?: string;
}

/**
 * `ocellus roboflow pipelines`: starts, watches and ends the video pipelines of a self-hosted server; prints its answer.
 *
 * @throws CommandError for an unknown action or a missing id
 */
export async function roboflowPipelines(
  action: string,
  id: string | undefined,
  options: RoboflowPipelineOptions,
  signal: AbortSignal,
): Promise<number> {
  await using client = openRoboflow(options);
  const call = { signal };
  const wanted = (): string => {
    if (id === undefined) throw new CommandError(action === "start" ? "Name the video." : "Name the pipeline.", 2);
    return id;
  };
  const actions: Readonly<Record<string, () => Promise<object>>> = {
    list: () => client.listInferencePipelines(call),
    status: () => client.getInferencePipelineStatus(wanted(), call),
    pause: () => client.pauseInferencePipeline(wanted(), call),
    resume: () => client.resumeInferencePipeline(wanted(), call),
    consume: () => client.consumeInferencePipelineResult(wanted(), call),
    terminate: () => client.terminateInferencePipeline(wanted(), call),
    start: async () => {
      const { specification, ...named } = await selectWorkflow(options.workflow, options.spec);
      const given = specification === undefined ? {} : { workflowSpecification: specification };
      return await client.startInferencePipelineWithWorkflow(wanted(), { ...named, ...given, ...call });
    },
  };
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) {
    throw new CommandError(`Unknown action "${action}"; there are ${Object.keys(actions).join(", ")}.`, 2);
  }
  const answer = await run();
  const text = options.json === true ? JSON.stringify(answer) : JSON.stringify(answer, null, 2);
  await writeOutput(`${printableOn(process.stdout, text)}\n`);
  return 0;
}
