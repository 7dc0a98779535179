import { AbortedError, InvalidArgumentError, type ParsedSource, UnsupportedMediaError } from "@ocellus/core";
import type { RawPixels } from "../image/decode-image.ts";
import { readFileWithin } from "./read-file-within.ts";

/** Fetches a URL; must enforce `maxBytes` while reading and stop when `signal` is aborted. */
export type OpenUrl = (
  url: string,
  limits: { readonly signal: AbortSignal | undefined; readonly maxBytes: number },
) => Promise<Uint8Array>;

/** Options of {@link openSource}. */
export interface OpenSourceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Most bytes of an encoded picture or video. Default 256 MiB. */
  readonly maxBytes?: number | undefined;
  /** How URLs are opened. This package knows no network, so sources with a URL fail without it. */
  readonly openUrl?: OpenUrl | undefined;
}

/** What a source holds: still encoded bytes, or raw pixels. `label` names it in messages. */
export type OpenedSource =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly label: string }
  | { readonly kind: "pixels"; readonly pixels: RawPixels; readonly label: string };

const defaultMaxBytes = 256 * 1024 * 1024;

/**
 * Opens a classified source: reads the file, fetches the URL through `openUrl`, passes bytes and pixels on.
 *
 * @throws SourceNotFoundError for a path that cannot be opened
 * @throws UnsupportedMediaError for what is empty, larger than `maxBytes`, or no regular file
 * @throws InvalidArgumentError for a URL when no `openUrl` was given
 * @throws AbortedError when `signal` is aborted
 */
export async function openSource(source: ParsedSource, options: OpenSourceOptions = {}): Promise<OpenedSource> {
  const { signal, maxBytes = defaultMaxBytes } = options;
  if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
  const { label } = source;
  switch (source.kind) {
    case "path":
      return { kind: "bytes", bytes: await readFileWithin(source.path, { maxBytes, signal }), label };
    case "url":
      return {
        kind: "bytes",
        bytes: within(await fetchUrl(source.url, label, options, maxBytes), label, maxBytes),
        label,
      };
    case "bytes":
      return { kind: "bytes", bytes: within(source.bytes, label, maxBytes), label };
    case "pixels": {
      const { data, width, height, channels } = source;
      return { kind: "pixels", pixels: { data, width, height, channels }, label };
    }
  }
}

function fetchUrl(url: string, label: string, options: OpenSourceOptions, maxBytes: number): Promise<Uint8Array> {
  if (options.openUrl === undefined) {
    throw new InvalidArgumentError(`Cannot open ${label}: pass options.openUrl to allow sources that are URLs.`);
  }
  return options.openUrl(url, { signal: options.signal, maxBytes });
}

function within(bytes: Uint8Array, label: string, maxBytes: number): Uint8Array {
  if (bytes.length === 0) throw new UnsupportedMediaError(`The source ${label} is empty (0 bytes).`);
  if (bytes.length > maxBytes) {
    throw new UnsupportedMediaError(
      `The source ${label} has ${bytes.length} bytes, more than the limit of ${maxBytes} (maxBytes).`,
    );
  }
  return bytes;
}
