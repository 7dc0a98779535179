import { ModelNotSelectedError } from "../errors/model-not-selected-error.ts";
import type { ClientState } from "../transport/client-state.ts";

/**
 * The model of a call: its own, else the selected one.
 *
 * @throws ModelNotSelectedError when there is neither
 */
export function chooseModel(state: ClientState, modelId: string | undefined): string {
  const chosen = modelId ?? state.selectedModel;
  if (chosen === null || chosen === "") {
    throw new ModelNotSelectedError("No model was chosen: pass options.modelId, or call selectModel first.");
  }
  return chosen;
}
