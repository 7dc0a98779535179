import type { Outcome, PredictionResponse, VisionModel } from "@ocellus/core";

/** What the call forms of a routed model share. */
export interface Route {
  readonly models: readonly VisionModel[];
  /** True when the model after this one may be asked; tells the logger. */
  fallsBack(outcome: Outcome<PredictionResponse>, place: number): boolean;
}

/** Adds who answered, unless the model itself said so. */
export function signed(
  outcome: Outcome<PredictionResponse>,
  { info, modelId }: VisionModel,
): Outcome<PredictionResponse> {
  const [response] = outcome;
  if (response === null || response.origin !== undefined) return outcome;
  return [{ ...response, origin: { provider: info.provider, modelId } }, null];
}
