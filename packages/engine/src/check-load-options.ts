import {
  type CoordinateSpace,
  checkKnownKeys,
  checkNumber,
  defaultLogger,
  describeValue,
  InvalidArgumentError,
  type Logger,
  type ProgressListener,
  suggestName,
  taskNames,
} from "@ocellus/core";
import { checkHubAccess, checkRevision } from "@ocellus/hub";
import { checkMetadata } from "./checkpoint/checkpoint-metadata.ts";
import { blockSizes, type PrecisionParts, precisionPlan, precisions } from "./checkpoint/precision.ts";
import { type EngineOptions, type LoadModelOptions, speculations } from "./engine-options.ts";
import { resolveTorchOptions, torchOptionNames } from "./torch-load-options.ts";

const optionNames: readonly string[] = [
  ...[
    "precision",
    "blockSize",
    "adapter",
    "revision",
    "hub",
    "cacheFolder",
    "threads",
    "minPixels",
    "maxPixels",
    "task",
    "coordinateSpace",
  ],
  ...[
    "promptCacheBytes",
    "maxBatchSize",
    "kvBudgetBytes",
    "speculation",
    "metadata",
    "allowPrivateAddresses",
    "videoBackend",
    "signal",
    "onProgress",
    "logger",
  ],
  ...torchOptionNames,
];

const spaces: readonly CoordinateSpace[] = ["relative-1024", "relative-1000", "relative-999", "unit", "pixels"];
const pixelRange = { min: 1, max: 2 ** 31, integer: true } as const;
const byteRange = { min: 0, max: 2 ** 40, integer: true } as const;
const batchRanges = {
  promptCacheBytes: byteRange,
  maxBatchSize: { min: 1, max: 1024, integer: true },
  kvBudgetBytes: { ...byteRange, min: 2 ** 20 },
} as const;
const threadRange = { min: 1, max: 1024, integer: true } as const;

/** The options of `loadModel` after their check: what stays on this side, and plain data for the worker thread. */
export interface CheckedLoadOptions {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ProgressListener | undefined;
  readonly logger: Logger;
  readonly engine: EngineOptions;
}

/**
 * Checks the options of `loadModel` before a thread is started. `undefined` and `null` count as absent.
 *
 * @throws InvalidArgumentError naming the option, its value and what is allowed; the nearest name for an unknown one
 */
export function checkLoadOptions(options: LoadModelOptions): CheckedLoadOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidArgumentError(`loadModel options must be an object; got ${describeValue(options)}.`);
  }
  checkKnownKeys(options, optionNames, "options");
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const { signal, onProgress, logger, ...rest } = Object.fromEntries(given) as LoadModelOptions;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong("signal", "an AbortSignal", signal);
  if (onProgress !== undefined && typeof onProgress !== "function") throw wrong("onProgress", "a function", onProgress);
  if (logger !== undefined && !isLogger(logger)) {
    throw wrong("logger", "an object with the methods debug, info, warn and error", logger);
  }
  checkEngineOptions(rest);
  return { signal, onProgress, logger: logger ?? defaultLogger, engine: resolveTorchOptions(rest) };
}

function checkEngineOptions(options: EngineOptions): void {
  const { precision, blockSize, cacheFolder, threads, minPixels, maxPixels, allowPrivateAddresses } = options;
  checkPrecision(precision, blockSize);
  checkName(options.task, "task", taskNames);
  checkName(options.speculation, "speculation", speculations);
  checkName(options.videoBackend, "videoBackend", ["auto", "ffmpeg", "node-av"]);
  checkName(options.coordinateSpace, "coordinateSpace", spaces);
  if (blockSize !== undefined && !blockSizes.includes(blockSize)) {
    throw wrong("blockSize", `one of ${blockSizes.join(", ")}`, blockSize);
  }
  checkPath(cacheFolder, "cacheFolder");
  checkPath(options.adapter, "adapter");
  if (options.metadata !== undefined) checkMetadata(options.metadata);
  if (options.revision !== undefined) checkRevision(options.revision);
  if (options.hub !== undefined) checkHubAccess(options.hub, "options.hub");
  if (threads !== undefined) checkNumber(threads, "options.threads", threadRange);
  for (const [name, range] of Object.entries(batchRanges)) {
    const value = options[name as keyof typeof batchRanges];
    if (value !== undefined) checkNumber(value, `options.${name}`, range);
  }
  if (minPixels !== undefined) checkNumber(minPixels, "options.minPixels", pixelRange);
  if (maxPixels !== undefined) checkNumber(maxPixels, "options.maxPixels", pixelRange);
  if (minPixels !== undefined && maxPixels !== undefined && minPixels > maxPixels) {
    throw new InvalidArgumentError(
      `options.minPixels (${minPixels}) must not exceed options.maxPixels (${maxPixels}).`,
    );
  }
  if (allowPrivateAddresses !== undefined && typeof allowPrivateAddresses !== "boolean") {
    throw wrong("allowPrivateAddresses", "true or false", allowPrivateAddresses);
  }
}

function checkPrecision(precision: unknown, blockSize: unknown): void {
  if (typeof precision !== "object" || precision === null) {
    checkName(precision, "precision", ["auto", ...precisions]);
    return;
  }
  checkKnownKeys(precision, ["vision", "prefill", "decode", "blockSize", "activations"], "options.precision");
  const given = precision as Partial<PrecisionParts>;
  precisionPlan(given);
  if (given.blockSize === undefined || blockSize === undefined || given.blockSize === blockSize) return;
  throw new InvalidArgumentError(
    `options.precision.blockSize (${given.blockSize}) and options.blockSize (${blockSize}) differ; give one.`,
  );
}

function checkName(value: unknown, option: string, known: readonly string[]): void {
  if (value === undefined || known.some((name) => name === value)) return;
  const hint = typeof value === "string" ? suggestName(value, known) : `Known: ${known.join(", ")}.`;
  throw new InvalidArgumentError(`options.${option} ${describeValue(value)} is not known. ${hint}`);
}

function checkPath(value: unknown, option: string): void {
  if (value === undefined || (typeof value === "string" && value !== "")) return;
  throw wrong(option, "the path of a folder", value);
}

function isLogger(value: unknown): value is Logger {
  if (typeof value !== "object" || value === null) return false;
  return ["debug", "info", "warn", "error"].every(
    (level) => typeof (value as Record<string, unknown>)[level] === "function",
  );
}

function wrong(option: string, expected: string, value: unknown): InvalidArgumentError {
  return new InvalidArgumentError(`options.${option} must be ${expected}; got ${describeValue(value)}.`);
}
