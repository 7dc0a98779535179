import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSource } from "@ocellus/core";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findProgram } from "./find-program.ts";
import { loadNodeAv } from "./load-node-av.ts";
import { openVideo } from "./open-video.ts";
import type { VideoReader } from "./video-reader.ts";

vi.mock("./load-node-av.ts", () => ({ loadNodeAv: vi.fn(() => Promise.reject(new Error("not installed"))) }));

const clip = fileURLToPath(new URL("../../../../fixtures/videos/h264.mp4", import.meta.url));
const path = process.env.PATH;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-ffmpeg-"));
});
afterEach(() => {
  process.env.PATH = path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts programs with the names of FFmpeg's on PATH, and nothing else; what they do is given as JavaScript. */
async function standIn(programs: { ffprobe?: string; ffmpeg?: string }): Promise<string> {
  const bin = await mkdtemp(join(folder, "bin-"));
  for (const [name, body] of Object.entries(programs)) {
    const record = `require("fs").appendFileSync(${JSON.stringify(join(bin, name))} + ".log", process.pid + " " + JSON.stringify(process.argv.slice(2)) + "\\n");`;
    await writeFile(join(bin, name), `#!${process.execPath}\n${record}\n${body}\n`);
    await chmod(join(bin, name), 0o755);
  }
  process.env.PATH = bin;
  return bin;
}

async function logged(bin: string, name: string): Promise<{ pid: number; args: string[] }[]> {
  const lines = (await readFile(join(bin, `${name}.log`), "utf8")).trim().split("\n");
  return lines.map((line) => {
    const space = line.indexOf(" ");
    return { pid: Number(line.slice(0, space)), args: JSON.parse(line.slice(space)) as string[] };
  });
}

/** False once a process has ended and been reaped. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const stream = { width: 2, height: 2, avg_frame_rate: "2/1", nb_read_packets: "9" };
const answer = (version: string, of: object = stream): string =>
  `process.stdout.write(${JSON.stringify(JSON.stringify({ program_version: { version }, streams: [of] }))})`;
const frame = "process.stdout.write(Buffer.alloc(12, 7));";
const forever = "setInterval(() => {}, 1000);";
const open = (options = {}): Promise<VideoReader> => openVideo(parseSource(clip), options);

describe.skipIf(process.platform === "win32")("the ffmpeg process", () => {
  test("gets every argument as it is, and only the file protocol and containers", async () => {
    const bin = await standIn({ ffprobe: answer("7.1"), ffmpeg: frame + frame });
    await using video = await open();
    const seen: number[] = [];
    for await (const { index, picture } of video.frames([1, 4])) {
      seen.push(index);
      expect(picture).toEqual({ width: 2, height: 2, data: new Uint8Array(12).fill(7) });
    }
    expect(seen).toEqual([1, 4]);
    for (const name of ["ffprobe", "ffmpeg"]) {
      const { args, pid } = (await logged(bin, name))[0]!;
      const after = (flag: string): string | undefined => args[args.indexOf(flag) + 1];
      expect(after("-protocol_whitelist")).toBe("file");
      expect(after("-format_whitelist")).not.toMatch(/hls|dash|concat/);
      expect(after("-i")).toBe(`file:${clip}`);
      expect(exists(pid)).toBe(false);
    }
    const { args } = (await logged(bin, "ffmpeg"))[0]!;
    expect(args).toContain("-fps_mode");
    expect(args).toContain("select='eq(n,1)+eq(n,4)',scale=2:2:flags=bicubic,format=rgb24");
  });

  test.each([
    ["4.4.2-0ubuntu0.22.04.1", "-vsync"],
    ["5.0.1", "-vsync"],
    ["5.1.9-0+deb12u1", "-fps_mode"],
    ["n8.0", "-fps_mode"],
    ["N-118000-gabcdef", "-fps_mode"],
  ])("of version %s is asked with %s", async (version, flag) => {
    const bin = await standIn({ ffprobe: answer(version), ffmpeg: frame });
    await using video = await open();
    for await (const _ of video.frames([0]));
    expect((await logged(bin, "ffmpeg"))[0]!.args).toContain(flag);
  });

  test("that hangs is killed after the time limit", async () => {
    const bin = await standIn({ ffprobe: answer("7.1"), ffmpeg: frame + forever });
    const video = await open({ timeoutMs: 1500 });
    const frames = video.frames([0, 1]);
    expect((await frames.next()).value).toMatchObject({ index: 0 });
    await expect(frames.next()).rejects.toMatchObject({ code: "timeout", timeoutMs: 1500 });
    expect(exists((await logged(bin, "ffmpeg"))[0]!.pid)).toBe(false);
    await video.close();
  });

  test("that hangs while probing is killed after the time limit", async () => {
    const bin = await standIn({ ffprobe: forever, ffmpeg: "" });
    await expect(open({ timeoutMs: 500 })).rejects.toMatchObject({ code: "timeout" });
    expect(exists((await logged(bin, "ffprobe"))[0]!.pid)).toBe(false);
  });

  test.each(["abort", "break", "close"])("is killed on %s", async (way) => {
    const bin = await standIn({ ffprobe: answer("7.1"), ffmpeg: `for (let i = 0; i < 8; i++) ${frame} ${forever}` });
    const controller = new AbortController();
    const video = await open({ signal: controller.signal });
    const frames = video.frames(Array.from({ length: 9 }, (_, index) => index));
    await frames.next();
    const pid = (await logged(bin, "ffmpeg"))[0]!.pid;
    expect(exists(pid)).toBe(true);
    if (way === "abort") {
      for (let i = 0; i < 7; i++) await frames.next();
      const next = frames.next();
      controller.abort();
      await expect(next).rejects.toMatchObject({ code: "aborted" });
    } else if (way === "break") await frames.return();
    else await video.close();
    expect(exists(pid)).toBe(false);
    if (way === "close") await expect(frames.next()).rejects.toMatchObject({ code: "disposed" });
    await video.close();
    await expect(video.frames([0]).next()).rejects.toMatchObject({ code: "disposed" });
  });

  test("that says endless nonsense on its error output is kept within bounds", async () => {
    const noise = 'for (let i = 0; i < 5e4; i++) process.stderr.write("nonsense ".repeat(10) + "\\n");';
    await standIn({
      ffprobe: answer("7.1"),
      ffmpeg: `${noise} process.stderr.write("the reason\\n"); process.exitCode = 1;`,
    });
    await using video = await open();
    const error = await video
      .frames([0])
      .next()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unsupported-media", message: expect.stringContaining("the reason") });
    expect(String(error).length).toBeLessThan(1000);
  });

  test("that fails after some frames: those frames count", async () => {
    await standIn({
      ffprobe: answer("7.1"),
      ffmpeg: `${frame}${frame} process.stdout.write("half"); process.exitCode = 1;`,
    });
    await using video = await open();
    const seen: number[] = [];
    for await (const { index } of video.frames([0, 3, 5])) seen.push(index);
    expect(seen).toEqual([0, 3]);
  });

  test.each([
    ["no JSON", 'process.stdout.write("Segmentation fault")'],
    ["an endless answer", 'setInterval(() => process.stdout.write("x".repeat(1e5)), 1)'],
    ["no size", answer("7.1", { nb_read_packets: "5" })],
    ["no number of frames", answer("7.1", { ...stream, nb_read_packets: undefined })],
    ["nonsense numbers", answer("7.1", { ...stream, width: "wide", nb_read_packets: "many" })],
    ["a failure", 'process.stderr.write("broken\\n"); process.exitCode = 1'],
  ])("ffprobe with %s is an unsupported file", async (_, body) => {
    const bin = await standIn({ ffprobe: body, ffmpeg: "" });
    await expect(open()).rejects.toMatchObject({ code: "unsupported-media" });
    expect(exists((await logged(bin, "ffprobe"))[0]!.pid)).toBe(false);
  });

  test("turned videos change their sides", async () => {
    const turned = [{ side_data_list: [{ rotation: -90 }] }, { tags: { rotate: "270" } }];
    for (const more of turned) {
      await standIn({ ffprobe: answer("7.1", { ...stream, width: 6, ...more }), ffmpeg: "" });
      await using video = await open();
      expect([video.width, video.height]).toEqual([2, 6]);
    }
  });

  test("a program that cannot be started is a missing dependency", async () => {
    const bin = await standIn({ ffmpeg: "" });
    await writeFile(join(bin, "ffprobe"), "#!/nonexistent/interpreter\n");
    await chmod(join(bin, "ffprobe"), 0o755);
    await expect(open()).rejects.toMatchObject({ code: "missing-dependency", packageName: "ffprobe" });
  });
});

describe("no backend", () => {
  test("the error names both ways to get one", async () => {
    process.env.PATH = folder;
    await expect(open()).rejects.toMatchObject({
      code: "missing-dependency",
      message: expect.stringMatching(/apt install ffmpeg.*npm install node-av/),
    });
    await expect(open({ videoBackend: "ffmpeg" })).rejects.toMatchObject({ packageName: "ffmpeg" });
    expect(vi.mocked(loadNodeAv)).toHaveBeenCalledOnce();
  });

  test("programs are looked for in absolute folders of PATH only", async () => {
    await mkdir(join(folder, "node"), { recursive: true });
    process.env.PATH = ["", ".", "bin", folder].join(delimiter);
    expect(await findProgram("node")).toBeUndefined();
  });
});
