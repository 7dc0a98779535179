import { vi } from "vitest";

/** What was written while {@link captureOutput} worked, and what the work returned. */
export interface CapturedOutput<T> {
  readonly result: T;
  readonly stdout: string;
  readonly stderr: string;
}

/** Collects what `work` writes to standard output and standard error, which see none of it. */
export async function captureOutput<T>(work: () => Promise<T>): Promise<CapturedOutput<T>> {
  let [stdout, stderr] = ["", ""];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    const result = await work();
    return { result, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}
