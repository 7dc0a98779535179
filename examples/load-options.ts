// What a checkpoint is, what it needs, and how it is loaded.
import { InvalidArgumentError, inspectModel, loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const inspection = await inspectModel(checkpointFolder); // reads no weights
console.log("architecture:", inspection.modelType, "loadable:", inspection.isLoadable);

for (const options of [{ loadIn8bit: true }, { precision: "int4", blockSize: 64 }, { dtype: "float32" }] as const) {
  const model = await loadModel(checkpointFolder, {
    ...options,
    deviceMap: "auto",
    attnImplementation: "sdpa",
    lowCpuMemUsage: true,
    maxPixels: 224 * 224, // smaller pictures are faster
    onProgress: () => undefined, // reading, converting, loading
  });
  const source = `${samplesFolder}/hand-made-1.png`;
  const { result } = unwrap(await model({ source, userPrompt: "How many squares are there?" }));
  console.log(`${JSON.stringify(options)}: ${model.info.precision}, answer ${result}`);
  await model.close(); // or `await using`: frees the memory
}

try {
  await loadModel(checkpointFolder, { deviceMap: "cuda" as never });
} catch (error) {
  if (!InvalidArgumentError.isInstance(error)) throw error;
  console.log("refused:", error.message);
}
