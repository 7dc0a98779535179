// The forms of an answer. `task` holds for one call; `kind` tells what came back, because a model may fail to give the
// form that was asked for: then the response is "generic" and holds the raw text.
import { join } from "node:path";
import { loadModel, type PredictionResponse, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const source = join(samplesFolder, "generated-1.png");
await using model = await loadModel(checkpointFolder);

show("vqa", unwrap(await model({ source, task: "vqa", userPrompt: "How many shapes are there?" })));
show("phrase-grounding", unwrap(await model({ source, task: "phrase-grounding" }))); // the prompt may be left out
show("freeform", unwrap(await model({ source, task: "freeform", userPrompt: "Describe the image." })));
show("generic", unwrap(await model({ source, userPrompt: "Describe the image." })));

function show(task: string, response: PredictionResponse): void {
  console.log(`${task} -> ${response.kind}: ${textOf(response)}`);
}

function textOf(response: PredictionResponse): string {
  switch (response.kind) {
    case "vqa":
      return response.result.answer;
    case "phrase-grounding":
      return response.result.groundings.map(({ phrase, grounding }) => `${phrase} ${grounding.join(" ")}`).join("; ");
    case "freeform":
      return response.result.caption;
    case "generic":
      return response.result;
    case "structured": // answers to a `schema`
      return JSON.stringify(response.result);
  }
}
