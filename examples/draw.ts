// Any response on its picture, as PNG, JPEG or WebP.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawShapes, encodeImage, loadModel, readPicture, unwrap, visualizePrediction } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const output = process.argv[2] ?? ".";
const source = join(samplesFolder, "hand-made-1.png");
await using model = await loadModel(checkpointFolder);

const answer = unwrap(await model({ source, task: "vqa", userPrompt: "How many shapes are there?" }));
await writeFile(join(output, "answer.png"), await visualizePrediction(source, answer));
const thought = unwrap(await model({ source, userPrompt: "How many shapes are there?", cot: true }));
await writeFile(
  join(output, "thinking.jpg"),
  await visualizePrediction(source, thought, { format: "jpeg", quality: 85 }),
);

// Boxes of a program's own, in pixels.
const picture = await readPicture(source);
const drawn = await drawShapes(picture, [{ box: [40, 40, 160, 170], label: "here" }]);
await writeFile(join(output, "own-boxes.webp"), await encodeImage(drawn, { format: "webp" }));
console.log("wrote answer.png, thinking.jpg, own-boxes.webp");
