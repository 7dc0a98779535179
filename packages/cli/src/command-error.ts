/** A failure of the command line itself; its message is shown without a stack. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** 1 for what depends on the world, 2 for wrong usage. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
