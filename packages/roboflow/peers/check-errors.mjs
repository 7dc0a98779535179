// What the server refuses arrives as a typed error with its status and words.
import { join } from "node:path";
import { HTTPCallError } from "@ocellus/roboflow";
import { errorOf, expect } from "./compare-answer.mjs";

/** Calls that the real server answers with an error. */
export async function checkErrors({ client, check, fixtures }) {
  const picture = join(fixtures, "images", "blocks-48x32.png");
  const using = (configuration) => client.with({ configuration });
  const cases = [
    ["an undecodable picture", 400, () => client.infer({ type: "base64", value: "AAAA" }, { modelId: "toy-od/1" })],
    ["unknown weights", 503, () => client.infer(picture, { modelId: "coco/3" })],
    [
      "confidence best for key points",
      422,
      () => using({ confidenceThreshold: "best" }).infer(picture, { modelId: "toy-kp/1" }),
    ],
    ["empty SAM 3 prompts", 422, () => client.sam3ConceptSegment(picture, { prompts: [] })],
    ["an LMM without weights", 503, () => client.inferLmm(picture, { modelId: "foo/1", prompt: "p" })],
    ["CLIP without weights", 500, () => client.getClipTextEmbeddings("cat")],
    ["a workflow of the platform", 503, () => client.runWorkflow({ workspaceName: "ws", workflowId: "wf" })],
  ];
  for (const [name, status, call] of cases) {
    await check(`error: ${name}`, async () => {
      const error = await errorOf(call());
      const says = error.apiMessage !== null || Array.isArray(error.detail);
      return expect(
        HTTPCallError.isInstance(error) && error.status === status && says,
        `${error.name} ${error.status} ${error.message}`,
      );
    });
  }
}
