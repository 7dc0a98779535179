/** A recorded case that this client answers differently on purpose. The README lists them with their reasons. */
export interface Deviation {
  /** Every difference that the comparison must find, and no other. */
  readonly differences: readonly unknown[];
  /** Looks at the results that differ. */
  readonly check?: (results: readonly unknown[]) => void;
}

/** Deviations by case id. */
export const deviations: Readonly<Record<string, Deviation>> = {};
