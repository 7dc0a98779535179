/**
 * What this folder needs of a checkpoint: small files by name, relative to the checkpoint's root. Any object with these
 * three methods will do (the hub's `Checkpoint` is one).
 */
export interface CheckpointFiles {
  /** True when the file is there. */
  has(file: string): boolean;
  /** The file's text (UTF-8). */
  readText(file: string): Promise<string>;
  /** The file parsed as JSON. */
  readJson(file: string): Promise<unknown>;
}
