/** Colours and weights of terminal text; every function returns its text unchanged where colour is not wanted. */
export interface TextStyle {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** The part of a stream that decides about colour. */
export interface StyledOutput {
  readonly isTTY?: boolean;
}

/**
 * The style for an output: colours on a terminal only, never with `NO_COLOR` (no-color.org) or `TERM=dumb`, always with
 * `FORCE_COLOR`.
 */
export function styleFor(
  output: StyledOutput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TextStyle {
  const isColored = wantsColor(output, environment);
  const wrap =
    (open: number, close: number) =>
    (text: string): string =>
      isColored && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
    cyan: wrap(36, 39),
  };
}

function wantsColor(output: StyledOutput, environment: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return output.isTTY === true && TERM !== "dumb";
}
