// Answers in a form of a program's own: decoding is constrained to it, so that nothing else can come out.
import { join } from "node:path";
import { type JsonSchema, loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";
import { z } from "zod";

const source = join(samplesFolder, "hand-made-1.png");
await using model = await loadModel(checkpointFolder);

// zod, or any other library with Standard Schema: the result has its type.
const Shapes = z.object({ vqa: z.object({ answer: z.enum(["circle", "square", "star"]) }) });
const typed = unwrap(await model({ source, userPrompt: "What shape is the red object?", schema: Shapes }));
if (typed.kind === "structured") console.log("zod:", typed.result.vqa.answer);

// JSON Schema: the result is `unknown`.
const schema: JsonSchema = {
  type: "object",
  properties: { answer: { enum: ["red", "green", "blue"] }, sure: { type: "boolean" } },
  required: ["answer", "sure"],
  additionalProperties: false,
};
const free = unwrap(await model({ source, userPrompt: "What color is the circle?", schema }));
console.log("JSON Schema:", free.kind, JSON.stringify(free.result));

// Streams give the object as far as it is known.
const stream = model({ source, userPrompt: "What shape is the red object?", schema: Shapes, stream: true });
for await (const event of stream.events()) {
  if (event.type === "object-delta") console.log("so far:", JSON.stringify(event.object));
}
