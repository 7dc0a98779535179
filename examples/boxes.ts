// Phrases and boxes: conversion to pixels, filtering, drawing.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filterPhraseGroundings, loadModel, readPicture, toPixels, unwrap, visualizePrediction } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const output = process.argv[2] ?? ".";
const source = join(samplesFolder, "generated-1.png");
await using model = await loadModel(checkpointFolder);
const response = unwrap(await model({ source, task: "phrase-grounding" }));
if (response.kind !== "phrase-grounding") throw new Error(`The answer has no boxes: ${response.rawOutput}`);

console.log("sentence:", response.result.sentence);
const picture = await readPicture(source);
for (const { phrase, grounding } of toPixels(response.result, picture).groundings) {
  for (const [x0, y0, x1, y1] of grounding) console.log(`${phrase}: ${x0}, ${y0} to ${x1}, ${y1} pixels`);
}

// Only the phrases that are part of the sentence; only those that a program looks for.
const filtered = filterPhraseGroundings(response);
const found = filtered.result.groundings.filter(({ phrase }) => /\b(?:circle|hexagon|square|star)\b/.test(phrase));
console.log("phrases:", filtered.result.groundings.length, "wanted:", found.length);

await writeFile(join(output, "boxes.png"), await visualizePrediction(source, response));
