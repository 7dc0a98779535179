import { type Feeds, floatTensor, integerTensor } from "../../runtime/host-tensor.ts";
import type { BlendedRows } from "./blend-lines.ts";

/** The inputs `arrangement` and `shares` of the vision graph. */
export function rowFeeds(rows: readonly BlendedRows[]): Feeds {
  const dims = [rows.length, 4];
  return {
    arrangement: integerTensor(
      rows.flatMap(({ patches }) => patches),
      dims,
    ),
    shares: floatTensor(Float32Array.from(rows.flatMap(({ shares }) => shares)), dims),
  };
}
