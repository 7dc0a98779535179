import type { ImagesInput } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import { decodeDepthMap } from "../results/decode-depth-map.ts";
import type { DepthResult } from "../results/foundation-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages } from "./foundation-request.ts";

/** Options of `depthEstimation`. */
export interface DepthOptions extends CallOptions {
  /** Default `depth-anything-v3/small`. */
  readonly modelId?: string | undefined;
  /** Put the id into the path, too. Default false. */
  readonly modelIdInPath?: boolean | undefined;
  /** How the server writes the map. Default `json` (nested lists); `png16` is about ten times smaller. */
  readonly depthMapFormat?: "json" | "png16" | "png8" | undefined;
}

/** Names of {@link DepthOptions}. */
export const depthOptionNames: readonly string[] = ["modelId", "modelIdInPath", "depthMapFormat"];

/** Estimates depth; maps in PNG form are decoded to floats from 0 to 1. */
export async function depthEstimation(
  state: ClientState,
  images: ImagesInput,
  options: DepthOptions,
  call: CallOptions,
): Promise<DepthResult | DepthResult[]> {
  const { modelId = "depth-anything-v3/small", modelIdInPath = false, depthMapFormat = "json" } = options;
  const body = { model_id: modelId, depth_map_format: depthMapFormat };
  const path = modelIdInPath ? `/infer/depth-estimation/${modelId}` : "/infer/depth-estimation";
  const results = await askAboutImages(state, images, { path, body, batches: "configured" }, call);
  return unwrapSingle(results.map((result) => decodeDepthMap(result, path)));
}
