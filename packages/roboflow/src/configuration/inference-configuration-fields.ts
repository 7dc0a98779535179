/** Where the API key travels: in query and body (`legacy`), as `Authorization: Bearer` (`header`), or both. */
export type ApiKeyTransport = "legacy" | "both" | "header";

/**
 * How visualisations and pictures of workflow outputs are returned: base64 text, decoded RGB (`picture`; the Python
 * names `numpy` and `pillow` mean the same), or untouched with their metadata (`raw`).
 */
export type VisualisationFormat = "base64" | "picture" | "numpy" | "pillow" | "raw";

/**
 * Every setting of a client, Python's names in camelCase. Null leaves the choice to the server: such fields are not
 * sent. Which of them reach which request: `wireParameters`.
 */
export interface InferenceConfigurationFields {
  /** Smallest confidence of a prediction: 0 to 1 (the hosted API also takes percent), or a choice of the server. */
  readonly confidenceThreshold: number | "best" | "default" | null;
  /** Smallest confidence of a key point, 0 to 1. */
  readonly keypointConfidenceThreshold: number | null;
  /** What the hosted API answers with (V0 only). */
  readonly format: "json" | "image" | "image_and_json" | null;
  /** How masks are decoded on the server. */
  readonly maskDecodeMode: "accurate" | "fast" | "tradeoff" | null;
  /** 0 (fast) to 1 (accurate); for `maskDecodeMode: "tradeoff"`. */
  readonly tradeoffFactor: number | null;
  /** Default false. */
  readonly allowReducedMaskResolution: boolean;
  readonly maxCandidates: number | null;
  readonly maxDetections: number | null;
  /** Overlap above which the weaker of two boxes is dropped, 0 to 1 (the hosted API also takes percent). */
  readonly iouThreshold: number | null;
  /** Width of the lines of visualisations in pixels. */
  readonly strokeWidth: number | null;
  readonly countInference: boolean | null;
  /** A secret: hidden in errors, logs and `console.log`. */
  readonly serviceSecret: string | null;
  readonly disablePreprocAutoOrientation: boolean | null;
  readonly disablePreprocContrast: boolean | null;
  readonly disablePreprocGrayscale: boolean | null;
  readonly disablePreprocStaticCrop: boolean | null;
  readonly classAgnosticNms: boolean | null;
  readonly classFilter: readonly string[] | null;
  readonly fixBatchSize: boolean | null;
  readonly includeAnomalyMap: boolean | null;
  /** Default false. V1 only. */
  readonly visualizePredictions: boolean;
  readonly visualizeLabels: boolean | null;
  /** Default `base64`. */
  readonly outputVisualisationFormat: VisualisationFormat;
  /** Extensions that `inferOnStream` reads in a folder, compared without regard to case. */
  readonly imageExtensionsForDirectoryScan: readonly string[];
  /** Default true: pictures are sent in their full size. */
  readonly clientDownsizingDisabled: boolean;
  /** Longest side in pixels of a downsized picture when the model's input size is unknown. Default 1024. */
  readonly defaultMaxInputSize: number;
  /** Default false. */
  readonly disableActiveLearning: boolean;
  readonly activeLearningTargetDataset: string | null;
  /** Requests of one call that run at the same time. Default 1; less counts as 1. */
  readonly maxConcurrentRequests: number;
  /** Pictures in one request, where the endpoint allows several. Default 1; less counts as 1. */
  readonly maxBatchSize: number;
  readonly source: string | null;
  readonly sourceInfo: string | null;
  /** Folder of workflow profiling traces. Default `./inference_profiling`. */
  readonly profilingDirectory: string;
  /** Default true, or what `WORKFLOW_RUN_RETRIES_ENABLED` says. */
  readonly workflowRunRetriesEnabled: boolean;
  readonly responseMaskFormat: "polygon" | "rle" | null;
  /** Default null, which is `legacy`. */
  readonly apiKeyTransport: ApiKeyTransport | null;
  /** Keep the description of a model instead of asking the registry before every V1 inference. Default true. */
  readonly modelDescriptionCache: boolean;
  /** Format of pictures that the client itself encodes (raw pixels, downsized pictures). Default `jpeg`. */
  readonly imageEncoding: "jpeg" | "png";
  /** 1 to 100. Default 95. */
  readonly jpegQuality: number;
  /** What happens to pictures given as URL: fetched here (default), sent as URL for the server to fetch, or refused. */
  readonly urlImages: "fetch" | "send" | "refuse";
  /** Fetch pictures also from loopback and private addresses. Default false. */
  readonly allowPrivateUrls: boolean;
}
