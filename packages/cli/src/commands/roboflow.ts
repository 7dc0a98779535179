import { type Command, Option } from "commander";
import { collectTexts, parseInteger, parseNumber } from "../arguments/parse-number.ts";
import type { RoboflowServerOptions } from "./roboflow-client.ts";
import type { RoboflowInferOptions } from "./roboflow-infer.ts";
import type { RoboflowPipelineOptions } from "./roboflow-pipelines.ts";
import type { RoboflowWorkflowOptions } from "./roboflow-workflow.ts";

const examples = `
Examples:
  $ ocellus roboflow info
  $ ocellus roboflow infer photo.jpg --model rfdetr-nano --save out
  $ ocellus roboflow infer photos/*.jpg --model my-project/3 --url https://serverless.roboflow.com --json
  $ ocellus roboflow workflow my-space/count-mugs --image image=photo.jpg --param limit=3 --save out
  $ ocellus roboflow workflow --spec workflow.json --image image=photo.jpg --json
  $ ocellus roboflow models load rfdetr-nano
  $ ocellus roboflow pipelines status 5f0c…

Environment:
  ROBOFLOW_API_KEY   key of the platform (a key on the command line would be visible to other users)
  ROBOFLOW_API_URL   server, unless --url is given

Exit codes: 0 all answered, 1 some failed, 2 wrong usage.`;

/** Adds `ocellus roboflow`: a Roboflow inference server from the command line. */
export function addRoboflow(program: Command, signal: AbortSignal, onExitCode: (code: number) => void): void {
  const roboflow = program
    .command("roboflow")
    .description("use a Roboflow inference server")
    .addHelpText("after", examples);
  withServer(roboflow.command("infer").description("run a model on pictures"))
    .argument("<source...>", "pictures: files, URLs, data URIs; or one folder or video")
    .requiredOption("-m, --model <id>", "model id such as project/3, or an alias such as rfdetr-nano")
    .option("--confidence <n>", "smallest confidence, 0 to 1", parseNumber)
    .option("--concurrency <n>", "requests at the same time", parseInteger)
    .option("--save <dir>", "write the pictures with what was found in them as PNG into this folder")
    .action(async (sources: string[], options: RoboflowInferOptions) => {
      const { roboflowInfer } = await import("./roboflow-infer.ts");
      onExitCode(await roboflowInfer(sources, options, signal));
    });
  withServer(roboflow.command("workflow").description("run a workflow once"))
    .argument("[name]", "workspace/workflow-id; or use --spec")
    .option("--spec <file>", "specification of the workflow as a JSON file")
    .option("--image <name=source>", "a picture input; the same name again makes a batch", collectTexts)
    .option("--param <name=value>", "another input: JSON, or a text", collectTexts)
    .option("--save <dir>", "write pictures of the outputs into this folder")
    .action(async (name: string | undefined, options: RoboflowWorkflowOptions) => {
      const { roboflowWorkflow } = await import("./roboflow-workflow.ts");
      onExitCode(await roboflowWorkflow(name, options, signal));
    });
  withServer(roboflow.command("models").description("models that a self-hosted server has loaded"))
    .argument("[action]", "list (default), load, unload, clear", "list")
    .argument("[id]", "model to load or unload")
    .action(async (action: string, id: string | undefined, options: RoboflowServerOptions) => {
      const { roboflowModels } = await import("./roboflow-models.ts");
      onExitCode(await roboflowModels(action, id, options, signal));
    });
  withServer(roboflow.command("pipelines").description("video pipelines of a self-hosted server"))
    .argument("[action]", "list (default), start, status, pause, resume, consume, terminate", "list")
    .argument("[id]", "the pipeline; for start the video as the server sees it")
    .option("--workflow <name>", "workspace/workflow-id of the pipeline to start")
    .option("--spec <file>", "specification of its workflow as a JSON file")
    .action(async (action: string, id: string | undefined, options: RoboflowPipelineOptions) => {
      const { roboflowPipelines } = await import("./roboflow-pipelines.ts");
      onExitCode(await roboflowPipelines(action, id, options, signal));
    });
  withServer(roboflow.command("info").description("name and version of the server")).action(
    async (options: RoboflowServerOptions) => {
      const { roboflowInfo } = await import("./roboflow-models.ts");
      onExitCode(await roboflowInfo(options, signal));
    },
  );
}

function withServer(command: Command): Command {
  return command
    .option("--url <url>", "server (default: ROBOFLOW_API_URL, else http://localhost:9001)")
    .addOption(new Option("--mode <mode>", "form of requests (default: by the server's address)").choices(["v0", "v1"]))
    .option("--timeout <seconds>", "longest duration of one request", parseNumber)
    .option("--json", "one JSON value a line on standard output, nothing else");
}
