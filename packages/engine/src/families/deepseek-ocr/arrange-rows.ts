/**
 * Which cell each feature row of some views side by side is made from: line by line across the views, each line ended by
 * the newline (specs/vlm.md B7 "Feature sequence").
 *
 * @param cells along the side of a view
 * @param isLast whether the separator of views follows
 * @returns indices of cells counted over all views; views · cells² stands for the newline, one more for the separator
 */
export function arrangeRows(views: number, cells: number, isLast: boolean): number[] {
  const newline = views * cells * cells;
  const arranged: number[] = [];
  for (let y = 0; y < cells; y++) {
    for (let view = 0; view < views; view++) {
      for (let x = 0; x < cells; x++) arranged.push((view * cells + y) * cells + x);
    }
    arranged.push(newline);
  }
  if (isLast) arranged.push(newline + 1);
  return arranged;
}
