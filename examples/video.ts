// Clips: a video file, an animated picture, or frames that the program has already.
import { join } from "node:path";
import { loadModel, unwrap, type VideoPartInput } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const clips = join(samplesFolder, "clips");
await using model = await loadModel(checkpointFolder);

// A video file is a source like a picture (also as URL or data URI); it needs ffmpeg or the package node-av.
const source = join(clips, "clip-3.mp4");
const response = unwrap(await model({ source, userPrompt: "What is in the video?", fps: 4, maxFrames: 8 }));
console.log("file:", response.result, `(${response.usage.imageTokens} tokens)`);

// In a message; animated GIF and WebP are clips here, and need nothing else.
const ask = async (part: VideoPartInput, text: string): Promise<string> => {
  const content = [part, { type: "text", text } as const];
  return unwrap(await model({ messages: [{ role: "user", content }] })).rawOutput;
};
const animation = { type: "video", source: join(clips, "clip-1.gif"), fps: 4 } as const;
console.log("animation:", await ask(animation, "What is in the video?"));

// Frames: `fps` is the rate of the video that they are from.
const frames = [1, 2, 3, 4].map((number) => join(clips, `clip-2-${number}.png`));
console.log("frames:", await ask({ type: "video", frames, fps: 4 }, "What is in the video?"));
const sampled = { frameIndices: [0, 6, 12, 18], totalFrames: 24 }; // every sixth frame of a video at 24 frames a second
console.log("sampled:", await ask({ type: "video", frames, fps: 24, ...sampled }, "What is in the video?"));
