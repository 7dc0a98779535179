/** Saves one frame of every second of a video as PNG: node save-frames.ts clip.mp4 frames/ */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseSource } from "@ocellus/core";
import { encodeImage, openVideo } from "@ocellus/media";

/** @returns the files that were written */
export async function main(path: string, folder: string, signal?: AbortSignal): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await using video = await openVideo(parseSource(path), { signal });
  const seconds = Math.ceil(video.durationSeconds);
  const files: string[] = [];
  for await (const { index, picture } of video.frames(
    Array.from({ length: seconds }, (_, second) => Math.floor(second * video.fps)),
  )) {
    const file = join(folder, `frame-${index}.png`);
    await writeFile(file, await encodeImage(picture));
    files.push(file);
  }
  return files;
}

const [path, folder] = process.argv.slice(2);
if (import.meta.filename === process.argv[1] && path && folder) {
  process.stdout.write(`${(await main(path, folder)).join("\n")}\n`);
}
