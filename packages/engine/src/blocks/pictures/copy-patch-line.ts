/**
 * Copies one line of one patch, channel by channel, through the table of normalised levels.
 *
 * @param source index of the line's first sample in the interleaved RGB `data`
 */
export function copyPatchLine(
  data: Uint8Array,
  source: number,
  levels: Float32Array,
  target: Float32Array,
  layout: { readonly start: number; readonly patchSize: number; readonly channelStride: number },
): void {
  for (let channel = 0; channel < 3; channel++) {
    const start = layout.start + channel * layout.channelStride;
    const table = channel * 256;
    for (let x = 0; x < layout.patchSize; x++) target[start + x] = levels[table + data[source + 3 * x + channel]!]!;
  }
}
