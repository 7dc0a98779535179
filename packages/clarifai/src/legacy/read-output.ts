import { decodeConcept, decodeFrame, decodeRegion } from "../codec/decode-annotation.ts";
import type { Output } from "../gen/clarifai/api/inference_pb.ts";
import type { ConceptValue, FrameValue, RegionValue } from "../values/annotation-values.ts";

/** What a classical model found in one input; lists are empty where it says nothing. */
export interface OutputReading {
  readonly concepts: readonly ConceptValue[];
  readonly regions: readonly RegionValue[];
  /** Video: `time` is the middle of each sampled stretch, in seconds. */
  readonly frames: readonly FrameValue[];
  /** Feature vectors. */
  readonly embeddings: readonly (readonly number[])[];
  /** Text of the answer; `""` without any. */
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Reads an output of a raw response: concepts, regions, frames, embeddings and text as typed values. */
export function readOutput({ data, promptTokens, completionTokens }: Output): OutputReading {
  return {
    concepts: (data?.concepts ?? []).map(decodeConcept),
    regions: (data?.regions ?? []).map(decodeRegion),
    frames: (data?.frames ?? []).map(decodeFrame),
    embeddings: (data?.embeddings ?? []).map(({ vector }) => vector),
    text: data?.text?.raw || data?.stringValue || "",
    promptTokens,
    completionTokens,
  };
}
