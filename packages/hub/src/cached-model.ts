/** One downloaded commit of a model. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that stand for it. */
  readonly refs: readonly string[];
  /** The snapshot folder. */
  readonly folder: string;
  readonly files: number;
  /** Bytes of its files, those shared with other revisions included. */
  readonly bytes: number;
  /** Files that the engine needs and that are not there in their full length; empty for a complete revision. */
  readonly missing: readonly string[];
}

/** A model in the cache. */
export interface CachedModel {
  readonly id: string;
  readonly folder: string;
  /** Bytes on the disk: content that several revisions share counts once. */
  readonly bytes: number;
  /** Bytes of interrupted downloads. */
  readonly incompleteBytes: number;
  /** Time of the last change of a blob, in milliseconds since 1970; `null` without any. */
  readonly modifiedMs: number | null;
  readonly revisions: readonly CachedRevision[];
}
