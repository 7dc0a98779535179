/** Where a package reports what is neither a result nor an error. Never stdout. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const ignore = (): void => undefined;
const toStderr = (level: string, message: string): void => {
  process.stderr.write(`ocellus ${level}: ${message}\n`);
};

/** The logger of every package unless another is given: warnings and errors to stderr, the rest is dropped. */
export const defaultLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: (message) => toStderr("warning", message),
  error: (message) => toStderr("error", message),
};

/** Drops everything. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
