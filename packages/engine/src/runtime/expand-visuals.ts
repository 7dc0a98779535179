import type { PreparedVisual } from "../families/model-family.ts";

/**
 * Rewrites the marks of the chat template to what its visuals take in the prompt (separators of tiles, time stamps).
 * The result is called for the pieces of one prompt in order, as `encodePrompt` does.
 *
 * @param visuals in the order of the prompt
 */
export function expandVisuals(visuals: readonly PreparedVisual[]): (text: string) => string {
  const waiting = visuals.flatMap(({ prompt }) => (prompt === undefined ? [] : [prompt]));
  return (text) => {
    let expanded = "";
    let from = 0;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const at = text.indexOf(next.mark, from);
      if (at < 0) break;
      expanded += text.slice(from, at) + next.text;
      from = at + next.mark.length;
      waiting.shift();
    }
    return expanded + text.slice(from);
  };
}
