/** Patches of a picture or clip: temporal slices, rows and columns of patches. */
export interface GridThw {
  readonly t: number;
  readonly h: number;
  readonly w: number;
}
