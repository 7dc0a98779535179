import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A child process that answers JSON requests, one a line on its stdin, by JSON, one a line on its stdout. */
export class JsonProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #complaints = "";

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.on("error", (error) => {
      this.#complaints = error.message;
    });
    // A child that ended is reported by next().
    this.#child.stdin!.on("error", () => undefined);
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2000);
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Sends a request and waits for its answer, as `next`. */
  ask(request: object, limitMs: number): Promise<unknown> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    return this.next(limitMs);
  }

  /**
   * The next line of the child.
   *
   * @throws Error with the last line of its stderr when it ends, or is ended because `limitMs` are over
   */
  async next(limitMs: number): Promise<unknown> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill("SIGKILL");
    }, limitMs);
    try {
      const line = await this.#lines.next();
      if (line.done !== true) return JSON.parse(line.value);
    } finally {
      clearTimeout(timer);
    }
    if (late) throw new Error(`no answer within ${limitMs / 1000} s`);
    if (this.#child.exitCode === null && this.#child.pid !== undefined) await once(this.#child, "exit");
    const { exitCode, signalCode } = this.#child;
    throw new Error(`ended with ${signalCode ?? exitCode}: ${this.#complaints.trim().split("\n").at(-1)}`);
  }

  /** Ends the child and waits until its memory is free. */
  async close(): Promise<void> {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}
