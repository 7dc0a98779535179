import { freemem, totalmem } from "node:os";
import type { PrecisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { externalBytes } from "../onnx/external-bytes.ts";
import { planGraphs } from "./plan-graphs.ts";
import { recurrentBytes } from "./recurrent-state.ts";

/** Context for which key/value memory is counted before loading; longer prompts take more as they come. */
const countedContext = 4096;

/** Recurrent states that are in memory at once: before and after a step, inside of the graph, and not yet collected ones. */
const countedStates = 4;

/** Node, ONNX Runtime, tokenizer, the prompt cache, and the activations of a picture of ordinary size. */
const baseBytes = 650 * 2 ** 20;

/** Weights in memory as ONNX Runtime repacks them, measured at the shape of Qwen2.5-VL-3B. */
const repacking = 1.05;

/** What a model needs at one precision. */
export interface MemoryEstimate {
  /** Weights in memory, and on disk in the cache. */
  readonly weightBytes: number;
  /** Everything together, while loading and while answering. */
  readonly requiredBytes: number;
}

/** Estimates the memory of a model from its graphs; reads no weights. */
export function estimateMemory(model: FamilyModel, plan: PrecisionPlan): MemoryEstimate {
  const graphs = Object.values(planGraphs(model, plan));
  const weightBytes = graphs.reduce((sum, graph) => sum + externalBytes(graph), 0);
  const { layers, kvWidth, contextLength, recurrentStates = [] } = model.decoder;
  const cacheBytes = 2 * 4 * layers * kvWidth * Math.min(countedContext, contextLength);
  const stateBytes = countedStates * recurrentBytes(recurrentStates);
  return { weightBytes, requiredBytes: Math.ceil(repacking * weightBytes) + cacheBytes + stateBytes + baseBytes };
}

/** Bytes of weights that a step of generation reads. */
export function stepBytes(model: FamilyModel, plan: PrecisionPlan): number {
  const { decoder, head } = planGraphs(model, plan);
  return externalBytes(decoder) + (head === undefined ? 0 : externalBytes(head));
}

/** Bytes that this process can still get, within the limits of its container. */
export function availableMemory(): number {
  // Node 20.13 and later; before that only the free memory is known, which leaves out reclaimable caches.
  const probe = (process as { availableMemory?: () => number }).availableMemory;
  return probe === undefined ? freemem() : probe.call(process);
}

/** Bytes of memory of the machine, or of this process's container. */
export function totalMemory(): number {
  const constrained = process.constrainedMemory() ?? 0;
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
