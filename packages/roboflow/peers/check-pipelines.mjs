// A video pipeline from start to end, GET endpoints with bodies included.
import { join } from "node:path";
import { errorOf, expect } from "./compare-answer.mjs";

/** Starts, reads, pauses, resumes and ends a pipeline. */
export async function checkPipelines({ client, check, server, read }) {
  const workflowSpecification = read("server/pipelines-control.json").exchanges[0].json.processing_configuration
    .workflow_specification;
  let id = "";
  const step = (name, work, wanted) =>
    check(`pipeline: ${name}`, async () => {
      const answer = await work();
      return expect(wanted(answer), JSON.stringify(answer).slice(0, 300));
    });
  await step(
    "start",
    () =>
      client.startInferencePipelineWithWorkflow(join(server.folder, "long.mp4"), {
        workflowSpecification,
        maxFps: 5,
        sourceBufferFillingStrategy: "WAIT",
        sourceBufferConsumptionStrategy: "LAZY",
      }),
    (answer) => {
      id = answer.context.pipeline_id;
      return answer.status === "success" && id.length > 10;
    },
  );
  await step(
    "list",
    () => client.listInferencePipelines(),
    ({ pipelines: ids }) => ids.includes(id),
  );
  await step(
    "consume",
    async () => {
      for (let i = 0; i < 60; i++) {
        const answer = await client.consumeInferencePipelineResult(id).catch((error) => ({ error: error.message }));
        if (answer.outputs?.length > 0) return answer;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      return null;
    },
    (answer) => answer?.outputs?.[0]?.width === 64 && answer.frames_metadata.length === 1,
  );
  await step(
    "pause",
    () => client.pauseInferencePipeline(id),
    ({ status }) => status === "success",
  );
  await step(
    "status",
    () => client.getInferencePipelineStatus(id),
    ({ report }) => report !== undefined,
  );
  await step(
    "resume",
    () => client.resumeInferencePipeline(id),
    ({ status }) => status === "success",
  );
  await step(
    "consume without an output",
    () => client.consumeInferencePipelineResult(id, { excludedFields: ["width"] }),
    ({ status }) => status === "success",
  );
  await step(
    "terminate",
    () => client.terminateInferencePipeline(id),
    ({ status }) => status === "success",
  );
  await step(
    "unknown id",
    () => errorOf(client.getInferencePipelineStatus("no-such-pipeline")),
    (error) => error.name === "HTTPCallError" && error.status === 404,
  );
}
