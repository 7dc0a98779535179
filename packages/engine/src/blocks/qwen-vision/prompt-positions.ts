import type { PlacedVisual, PromptPositions } from "../../families/model-family.ts";

/**
 * M-RoPE positions (Qwen2-VL, arXiv:2409.12191 §2.1; specs/vlm.md B1 "Positions", B12.1): text counts up on all three
 * axes; a visual span that starts at s gives its cells (s + ⌊slice·timeStep⌋, s + row, s + column) of the merged grid;
 * what follows starts at s + max(rows, columns).
 *
 * @param length tokens of the prompt
 * @param spans visual spans in order
 */
export function promptPositions(length: number, spans: readonly PlacedVisual[], mergeSize: number): PromptPositions {
  const ids = new Int32Array(3 * length);
  let token = 0;
  let position = 0;
  const put = (time: number, row: number, column: number): void => {
    ids[token] = time;
    ids[length + token] = row;
    ids[2 * length + token] = column;
    token++;
  };
  for (const span of spans) {
    while (token < span.spans[0]!.start) {
      put(position, position, position);
      position++;
    }
    const rows = span.grid.h / mergeSize;
    const columns = span.grid.w / mergeSize;
    for (let cell = 0; cell < span.tokens; cell++) {
      const slice = Math.floor(cell / (rows * columns));
      const row = Math.floor(cell / columns) % rows;
      put(position + Math.floor(Math.fround(slice * span.timeStep)), position + row, position + (cell % columns));
    }
    position += Math.max(rows, columns);
  }
  while (token < length) {
    put(position, position, position);
    position++;
  }
  return { ids, next: position };
}
