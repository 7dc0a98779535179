import { freemem } from "node:os";
import type { PrecisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { externalBytes } from "../onnx/external-bytes.ts";

/** Context for which key/value memory is counted before loading; longer prompts take more as they come. */
const countedContext = 4096;

/** Node, ONNX Runtime, tokenizer, and the activations of a picture of ordinary size. */
const baseBytes = 400 * 2 ** 20;

/** What a model needs at one precision. */
export interface MemoryEstimate {
  /** Weights in memory, and on disk in the cache. */
  readonly weightBytes: number;
  /** Everything together, while loading and while answering. */
  readonly requiredBytes: number;
}

/** Estimates the memory of a model from its graphs; reads no weights. */
export function estimateMemory(model: FamilyModel, plan: PrecisionPlan): MemoryEstimate {
  const { vision, decoder } = model.graphs(plan.formats);
  const sizes = [externalBytes(vision), externalBytes(decoder)];
  const weightBytes = sizes[0]! + sizes[1]!;
  const { layers, kvWidth, contextLength } = model.decoder;
  const cacheBytes = 2 * 4 * layers * kvWidth * Math.min(countedContext, contextLength);
  return { weightBytes, requiredBytes: weightBytes + cacheBytes + baseBytes };
}

/** Bytes that this process can still get, within the limits of its container. */
export function availableMemory(): number {
  // Node 20.13 and later; before that only the free memory is known, which leaves out reclaimable caches.
  const probe = (process as { availableMemory?: () => number }).availableMemory;
  return probe === undefined ? freemem() : probe.call(process);
}
