import type { ClipTiming, VisualPrompt } from "../model-family.ts";
import { numberInWords } from "./number-in-words.ts";

/** Tokens that the processor writes around pictures; part of the tokenizer of every checkpoint. */
const edge = "<fake_token_around_image>";
const whole = "<global-img>";
const picture = "<image>";
const oneTile = `${edge}${whole}${picture}${edge}`;

/** What a picture becomes: its tiles row by row, a line each, then the view of the whole (specs/vlm.md B8). */
export function imagePrompt(
  grid: { readonly rows: number; readonly columns: number },
  tileTokens: number,
): VisualPrompt {
  const { rows, columns } = grid;
  const row = (y: number): string =>
    Array.from({ length: columns }, (_, x) => `${edge}<row_${y + 1}_col_${x + 1}>${picture}`).join("");
  const lines = Array.from({ length: rows }, (_, y) => `${row(y)}\n`).join("");
  const text = rows === 0 ? oneTile : `${lines}\n${oneTile}`;
  return { mark: picture, text, spans: new Array<number>(rows * columns + 1).fill(tileTokens) };
}

/** What a clip becomes: how long it is, and its frames under their times (specs/vlm.md B8 "Video"). */
export function clipPrompt({ indices, sourceFps, frameCount }: ClipTiming, tileTokens: number): VisualPrompt {
  const duration = Math.trunc(frameCount / sourceFps);
  const intro = `You are provided the following series of ${numberInWords(indices.length)} frames from a ${clock(duration)} [H:MM:SS] video.\n`;
  const frames = indices.map((index) => `\nFrame from ${minutes(index / sourceFps)}:${oneTile}`).join("");
  return {
    mark: "<video>",
    text: `${intro}${frames}\n\n`,
    spans: new Array<number>(indices.length).fill(tileTokens),
  };
}

const padded = (value: number): string => String(value).padStart(2, "0");

/** H:MM:SS, days in words, as Python prints a `timedelta`. */
function clock(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const rest = `${Math.floor(seconds / 3600) % 24}:${padded(Math.floor(seconds / 60) % 60)}:${padded(seconds % 60)}`;
  return days === 0 ? rest : `${days} day${days === 1 ? "" : "s"}, ${rest}`;
}

function minutes(seconds: number): string {
  return `${padded(Math.floor(seconds / 60))}:${padded(Math.trunc(seconds % 60))}`;
}
