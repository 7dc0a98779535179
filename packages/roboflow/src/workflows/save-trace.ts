import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a profiling trace as `workflow_execution_tack_<date and time>.json` (the Python client's name) into a folder,
 * which is made when it is missing. A file of the same second is not overwritten: the name gets a number.
 *
 * @returns the path
 */
export async function saveTrace(folder: string, trace: unknown, now: Date = new Date()): Promise<string> {
  await mkdir(folder, { recursive: true });
  const parts = [
    now.getFullYear(),
    now.getMonth() + 1,
    now.getDate(),
    now.getHours(),
    now.getMinutes(),
    now.getSeconds(),
  ];
  const stamp = parts.map((part) => String(part).padStart(2, "0")).join("_");
  for (let number = 0; ; number++) {
    const path = join(folder, `workflow_execution_tack_${stamp}${number === 0 ? "" : `_${number}`}.json`);
    try {
      await writeFile(path, JSON.stringify(trace), { flag: "wx" });
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || number > 1000) throw error;
    }
  }
}
