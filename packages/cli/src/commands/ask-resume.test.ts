import { appendFile, mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { encodeImage } from "ocellus";
import { beforeAll, describe, expect, test } from "vitest";
import { runHere } from "../testing/run-here.ts";
import { runProcess } from "../testing/run-process.ts";
import { useFolder } from "../testing/use-folder.ts";

const pictureCount = 40;
const prompt = "How many squares are there?";
useFolder();

beforeAll(async () => {
  await mkdir("pictures");
  for (let index = 0; index < pictureCount; index++) {
    await writeFile(`pictures/${index}.png`, await encodeImage(squares(index % 3, index)));
  }
});

/** A light 112×112 picture with up to two squares in a shade of its own. */
function squares(count: number, shade: number) {
  const side = 112;
  const data = new Uint8Array(side * side * 3).fill(235);
  for (let square = 0; square < count; square++) {
    for (let y = 20; y < 50; y++) {
      for (let x = 10 + square * 55; x < 40 + square * 55; x++) data.set([200, shade * 5, 30], (y * side + x) * 3);
    }
  }
  return { data, width: side, height: side };
}

const ask = (values: readonly string[]) => runHere(["ask", ...values]);
const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");
const readLines = async (path: string): Promise<string[]> => linesOf(await readFile(path, "utf8"));
/** What must be equal in two runs: everything but the times, and what was in the cache. */
const comparable = (line: string) => {
  const { index, source, result, error } = JSON.parse(line);
  const { rawOutput, tokenIds, prompt, finishReason } = result;
  return { index, source, error, rawOutput, tokenIds, prompt, finishReason };
};

describe("--resume", () => {
  test("a run that was killed twice goes on: nothing lost, nothing doubled, all in order", async () => {
    const resumed = ["pictures", "-p", prompt, "--json", "--resume", "run.ledger.jsonl"];
    const killedAt = (count: number) =>
      runProcess(["ask", ...resumed], {
        onOutput: (child, stdout) => {
          if (linesOf(stdout).length >= count) child.kill("SIGKILL");
        },
      });
    expect(await killedAt(6)).toMatchObject({ signal: "SIGKILL" });
    const first = await readLines("run.ledger.jsonl");
    expect(first.length).toBeGreaterThanOrEqual(6);
    expect(first.length).toBeLessThan(pictureCount);

    expect(await killedAt(first.length + 6)).toMatchObject({ signal: "SIGKILL" });
    const second = await readLines("run.ledger.jsonl");
    expect(second.slice(0, first.length)).toEqual(first);
    expect(second.length).toBeGreaterThanOrEqual(first.length + 6);
    expect(second.length).toBeLessThan(pictureCount);

    // What a kill in the middle of a write leaves behind.
    await appendFile("run.ledger.jsonl", '{"key":"0123","index":7,"sou');
    const last = await ask(resumed);
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining(`${second.length} of ${pictureCount}`) });
    const third = await readLines("run.ledger.jsonl");
    expect(third.slice(0, second.length)).toEqual(second);
    const entries = third.map((line) => JSON.parse(line));
    expect(new Set(entries.map(({ key }) => key)).size).toBe(pictureCount);
    expect(entries.map(({ index }) => index).sort((a, b) => a - b)).toEqual(Array.from(Array(pictureCount).keys()));

    const whole = await ask(["pictures", "-p", prompt, "--json", "-o", "whole.jsonl"]);
    expect(whole).toMatchObject({ code: 0, stdout: "" });
    expect(linesOf(last.stdout).map(comparable)).toEqual((await readLines("whole.jsonl")).map(comparable));

    // A third time there is nothing left to do.
    expect((await ask(resumed)).stdout).toBe(last.stdout);
    expect(await readLines("run.ledger.jsonl")).toEqual(third);
  }, 180_000);

  test("a changed picture, another prompt and other settings are asked again; failures are tried again", async () => {
    const pictures = ["pictures/0.png", "pictures/0.png", "late.png"];
    const values = [...pictures, "--resume", "changes.jsonl", "--json", "-q"];
    const count = async () => (await readLines("changes.jsonl")).length;
    expect((await ask([...values, "-p", prompt])).code).toBe(1);
    expect(await count()).toBe(3);
    await writeFile("late.png", await encodeImage(squares(1, 9)));
    expect((await ask([...values, "-p", prompt])).code).toBe(0);
    expect(await count()).toBe(4);
    expect((await ask([...values, "-p", "How many circles are there?"])).code).toBe(0);
    expect(await count()).toBe(7);
    expect((await ask([...values, "-p", prompt, "--max-new-tokens", "1"])).code).toBe(0);
    expect(await count()).toBe(10);
    await utimes("late.png", 1, 1);
    expect((await ask([...values, "-p", prompt])).code).toBe(0);
    expect(await count()).toBe(11);
  }, 180_000);

  test.each([
    ["a text", "notes\n"],
    ["a text without a line feed", "my notes"],
    ["other JSON Lines", '{"index":0}\n'],
  ])("%s is no ledger and stays as it is", async (_, content) => {
    await writeFile("other", content);
    const { code, stderr } = await ask(["pictures/0.png", "-p", prompt, "--resume", "other", "-q"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("this is no line of a ledger") });
    expect(await readFile("other", "utf8")).toBe(content);
  });
});

describe("--format and --output", () => {
  test("CSV: a head, one row per source in order, failures among them", async () => {
    const values = ["missing.png", "pictures/1.png", "pictures/2.png", "-p", prompt, "-q"];
    const { code, stdout, stderr } = await ask([...values, "--format", "csv"]);
    expect(code).toBe(1);
    expect(stderr).toContain("missing.png");
    const rows = stdout.split("\r\n").map((row) => row.split(","));
    expect(rows[0]!.slice(0, 5)).toEqual(["index", "source", "kind", "prompt", "answer"]);
    expect(rows.slice(1, 4).map(([index, source]) => [index, source])).toEqual([
      ["0", "missing.png"],
      ["1", "pictures/1.png"],
      ["2", "pictures/2.png"],
    ]);
    expect(rows[1]).toContain("source-not-found");
    expect(rows[2]!.slice(2, 4)).toEqual(["generic", prompt]);
  });

  test("COCO: boxes in pixels of pictures that are there", async () => {
    const values = ["pictures/1.png", "pictures/2.png", "--task", "phrase-grounding", "--format", "coco"];
    const { code, stdout } = await ask([...values, "-o", "boxes.json", "-q"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    const coco = JSON.parse(await readFile("boxes.json", "utf8"));
    expect(coco.images).toMatchObject([
      { id: 1, file_name: "pictures/1.png", width: 112, height: 112 },
      { id: 2, file_name: "pictures/2.png", width: 112, height: 112 },
    ]);
    const categories = new Set(coco.categories.map(({ id }: { id: number }) => id));
    expect(coco.annotations.length).toBeGreaterThan(0);
    for (const { category_id, bbox } of coco.annotations) {
      expect(categories.has(category_id)).toBe(true);
      expect(Math.max(bbox[0] + bbox[2], bbox[1] + bbox[3])).toBeLessThanOrEqual(112);
    }
  });

  test("the file of --output appears whole; nothing else is left beside it", async () => {
    await mkdir("results");
    await writeFile("results/answers.txt", "earlier");
    const values = ["pictures/1.png", "pictures/2.png", "-p", prompt, "-q", "-o", "results/answers.txt"];
    expect(await ask(values)).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await readFile("results/answers.txt", "utf8")).toMatch(/^pictures\/1\.png: \S.*\npictures\/2\.png: \S.*\n$/);
    expect(await readdir("results")).toEqual(["answers.txt"]);
  });

  test("after Ctrl-C the file has what was finished, with the sizes of its pictures", async () => {
    const values = ["pictures", "--task", "phrase-grounding", "--format", "coco", "-o", "part.json", "--draw", "drawn"];
    const { code } = await runProcess(["ask", ...values], {
      onMessage: (child, stderr) => {
        // Every answer is followed by a note about its drawing.
        if (!child.killed && stderr.includes("drew")) child.kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    const { images, errors } = JSON.parse(await readFile("part.json", "utf8"));
    expect(errors).toEqual([]);
    expect(images.length).toBeGreaterThan(0);
    expect(images.length).toBeLessThan(pictureCount);
  });

  test.each([
    ["--json and another format", ["--json", "--format", "csv"], 2, "contradict"],
    ["COCO of plain answers", ["--format", "coco"], 2, "--task phrase-grounding"],
    ["a stream into a file", ["--stream", "-o", "x.txt"], 2, "--stream"],
    ["a folder as output", ["-o", "pictures"], 2, "no regular file"],
    ["an output in no folder", ["-o", "nowhere/x.csv"], 1, "nowhere"],
  ])("%s", async (_, values, code, message) => {
    const ended = await ask(["pictures/1.png", "-p", prompt, "-q", ...values]);
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });
});
