import type { TensorInfo } from "./tensor-info.ts";

/** A signal to stop with. */
export interface AbortOptions {
  /** Stops the work between two chunks with an `AbortedError`. */
  readonly signal?: AbortSignal | undefined;
}

/** How to read a small text file of a checkpoint. */
export interface ReadTextOptions extends AbortOptions {
  /** Longest file that is read, in bytes (64 MiB). */
  readonly maxBytes?: number | undefined;
}

/** Which bytes of a tensor to read. */
export interface ReadTensorOptions extends AbortOptions {
  /** First byte, counted from the start of the tensor (0). */
  readonly start?: number | undefined;
  /** Byte behind the last one, counted from the start of the tensor (its `byteLength`). */
  readonly end?: number | undefined;
  /**
   * Buffer to fill from its start instead of a new one; at least `end - start` bytes long. Reusing one is several times
   * faster than new memory, which the system must clear page by page.
   */
  readonly into?: Uint8Array | undefined;
}

/** How far the hashing of weight files is. */
export interface FingerprintProgress {
  /** Bytes done, remembered files included. */
  readonly doneBytes: number;
  /** Bytes of all weight files. */
  readonly totalBytes: number;
}

/** How to compute a fingerprint. */
export interface FingerprintOptions extends AbortOptions {
  /** Folder for a small file of known hashes, so that unchanged weights are not read again. Created when missing. */
  readonly memoFolder?: string | undefined;
  /** Called after every chunk. */
  readonly onProgress?: ((progress: FingerprintProgress) => void) | undefined;
}

/**
 * An open checkpoint folder. Its weight files stay open until {@link Checkpoint.close}; their tensors are read on demand.
 * After `close` every reading method throws a `DisposedError`.
 */
export interface Checkpoint extends AsyncDisposable {
  /** Absolute path of the folder. */
  readonly folder: string;
  /**
   * Sub folders that hold the weights where the folder itself has none (the layout of VILA), in the order of
   * config.json; usually none.
   */
  readonly parts: readonly string[];
  /** Every stored tensor by its name; one of a part is `<part>.<name>`. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Sum of the `byteLength` of all tensors. */
  readonly weightBytes: number;

  /**
   * True when the folder or one of its parts holds this regular file (`/` separates sub folders). Never throws. A file
   * that the folder does not have is taken from the first part that has it, here and when reading.
   */
  has(file: string): boolean;

  /**
   * Reads a UTF-8 file of the folder.
   * @throws InvalidArgumentError when `file` is not a relative path inside the folder
   * @throws ModelLoadError when it is missing, too long or not UTF-8
   */
  readText(file: string, options?: ReadTextOptions): Promise<string>;

  /**
   * Reads and parses a JSON file of the folder. Throws like {@link Checkpoint.readText}; a syntax error is a
   * ModelLoadError that names the file, line and column.
   */
  readJson(file: string, options?: ReadTextOptions): Promise<unknown>;

  /**
   * Reads a tensor, or a range of its bytes, into a new buffer that starts at offset 0 of its own `ArrayBuffer` (so that
   * typed-array views of any element size fit), or into the start of `into`, of which the filled part is returned.
   * @throws InvalidArgumentError for a range outside of the tensor, a short `into`, or a tensor of another checkpoint
   * @throws ModelLoadError when the file has become shorter
   */
  readTensor(tensor: TensorInfo, options?: ReadTensorOptions): Promise<Uint8Array>;

  /**
   * Fills `target` with the bytes of `tensor` from `start` on, blocking: for single embedding rows while decoding.
   * Throws like {@link Checkpoint.readTensor}.
   */
  readTensorBytesSync(tensor: TensorInfo, start: number, target: Uint8Array): void;

  /**
   * SHA-256 (hex) over names, lengths and full content of all weight files. Other files that decide the answers
   * (config.json, tokenizer.json, …) are not part of it. With a `memoFolder` only files that changed since are read.
   * The folder's own path does not count: a moved or copied checkpoint keeps its fingerprint.
   */
  fingerprint(options?: FingerprintOptions): Promise<string>;

  /** Closes the files; safe to call again. */
  close(): Promise<void>;
}
