import type { Wire } from "./platform-client.ts";

/** An object, or an empty one. */
export const objectAt = (value: unknown): Wire =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Wire) : {};

/** A list, or an empty one. */
export const listAt = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text that is not empty, or `null`. */
export const textAt = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** A finite number, or `null`. */
export const numberAt = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;
