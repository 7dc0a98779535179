/** What ends a command early: signals of the system, or a reader of the output that is gone. */
export interface Interruption {
  /** Aborted at the first Ctrl-C (or SIGTERM), or by {@link Interruption.stopQuietly}. */
  readonly signal: AbortSignal;
  /** Exit code that the interruption asks for (128 + number of the signal, 0 after a broken pipe), else `undefined`. */
  exitCode(): number | undefined;
  /** Ends the command without a message, because nobody reads its output any more. */
  stopQuietly(): void;
}

const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Listens for Ctrl-C: the first one aborts the running work, so that it ends cleanly; the second ends at once. */
export function watchInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const stop = (code: number, reason: string): void => {
    exitCode ??= code;
    controller.abort(new Error(reason));
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    const onSignal = (): void => {
      // The system's own handling also ends threads that are inside of native code.
      process.removeListener(name, onSignal);
      stop(codes[name], `The command was interrupted (${name}).`);
    };
    process.on(name, onSignal);
  }
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stopQuietly: () => stop(0, "The reader of the output is gone."),
  };
}
