import { spawn } from "node:child_process";
import { abortError, MissingDependencyError, TimeoutError } from "@ocellus/core";

/** One run of the docker program. */
export interface DockerRun {
  /** Name or path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Added to the environment of the program; keys go here, never into `args`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Written to its standard input. */
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Longest duration in milliseconds. */
  readonly timeoutMs: number;
  /** Told every line of output as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** How a run ended. */
export interface DockerResult {
  /** Exit code. */
  readonly code: number;
  /** The last 64 KiB of standard output and error. */
  readonly output: string;
}

const maxOutput = 65_536;

/**
 * Runs docker and waits for its end. Any exit code is a result.
 *
 * @throws MissingDependencyError when the program is not there; TimeoutError, AbortedError
 */
export async function runDocker(run: DockerRun): Promise<DockerResult> {
  const { program, args, env = {}, input = "", signal, timeoutMs, onLine } = run;
  if (signal?.aborted) throw abortError(signal);
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const stop = (): boolean => child.kill("SIGKILL");
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeoutMs);
  signal?.addEventListener("abort", stop, { once: true });
  let output = "";
  const take = (text: string): void => {
    output = (output + text).slice(-maxOutput);
    for (const line of text.split("\n")) if (line.trim() !== "") onLine?.(line.trim());
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  child.stdin.on("error", () => undefined).end(input);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exit) => resolve(exit ?? 1));
    });
    if (signal?.aborted) throw abortError(signal);
    if (isLate) throw new TimeoutError(`docker ${args[0]} took longer than ${timeoutMs} ms.`, { timeoutMs });
    return { code, output };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    const installHint = "https://docs.docker.com/engine/install/";
    throw new MissingDependencyError(`The program ${program} is needed to run a NIM. See ${installHint}`, {
      packageName: "docker",
      installHint,
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}
