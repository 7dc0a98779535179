import { VisionError } from "@ocellus/core";
import { CommandError } from "../command-error.ts";
import { printable } from "./printable.ts";
import { styleFor } from "./text-style.ts";

/**
 * The line that is shown for an error: `ocellus: <subject>: <message>`. What is no error of ours is a defect and keeps
 * its stack.
 */
export function describeError(error: unknown, subject?: string): string {
  const { red } = styleFor(process.stderr);
  const isKnown = error instanceof CommandError || VisionError.isInstance(error);
  const text = isKnown ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  const place = subject === undefined || text.includes(subject) ? "" : `${shorten(subject)}: `;
  return `${red("ocellus:")} ${printable(place + text)}\n`;
}

function shorten(subject: string): string {
  return subject.length > 200 ? `${subject.slice(0, 200)}…` : subject;
}
