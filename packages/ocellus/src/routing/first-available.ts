import {
  type BatchRun,
  checkKnownKeys,
  createPredictionStream,
  createVisionSession,
  InvalidArgumentError,
  type Logger,
  type Outcome,
  type PredictionResponse,
  type PredictionStream,
  type SessionOptions,
  silentLogger,
  unwrap,
  type VisionModel,
  type VisionRequest,
} from "@ocellus/core";
import { mayFallBack } from "./may-fall-back.ts";
import { type Route, signed } from "./route.ts";
import { routeBatch } from "./route-batch.ts";

/** Options of {@link firstAvailable}; defaults in parentheses. */
export interface FirstAvailableOptions {
  /**
   * Also go on to the next model after a remote failure that may have come after the work was done: timeouts, broken
   * connections, server errors. The question may then be charged twice (false).
   */
  readonly mayChargeTwice?: boolean | undefined;
  /** Told which model failed and why another is asked (silent). */
  readonly logger?: Logger | undefined;
}

type CallResult =
  | Promise<Outcome<PredictionResponse>>
  | PredictionStream<PredictionResponse>
  | BatchRun<PredictionResponse>;
type Call = (request: VisionRequest) => CallResult;

/**
 * Several models as one: each question goes to the first, and to the next when that one is not available. Every response
 * says in `origin` who answered. A stream goes on to the next model only while no text has come. A list begins with the
 * first model, whose folders and concurrency count; entries that fail are asked of the others one by one.
 *
 * Only failures that are marked as retryable, or that keep a local model from running, lead to the next model; never one
 * after which the question may already have been charged, unless `mayChargeTwice` says so. The last failure is the error.
 * The models are closed with it.
 *
 * @throws InvalidArgumentError for an empty list or something in it that is no model
 * @example
 * const model = firstAvailable([connectNim(), await loadModel("~/models/qwen")]);
 * const [result] = await model({ source: "desk.jpg", userPrompt: "How many mugs?" });
 * result?.origin?.provider; // "nim", or "local" when the container does not run
 */
export function firstAvailable(models: readonly VisionModel[], options: FirstAvailableOptions = {}): VisionModel {
  if (!Array.isArray(models) || models.length === 0 || !models.every((model) => typeof model === "function")) {
    throw new InvalidArgumentError("firstAvailable needs a list of at least one model.");
  }
  checkKnownKeys(options, ["mayChargeTwice", "logger"], "options");
  const { mayChargeTwice = false, logger = silentLogger } = options;
  const route: Route = {
    models,
    fallsBack([, error], place) {
      const next = models[place + 1];
      if (error === null || next === undefined) return false;
      if (!mayFallBack(error, models[place]!.info, mayChargeTwice)) return false;
      logger.info(`${models[place]!.modelId} failed (${error.message}); asking ${next.modelId}.`);
      return true;
    },
  };

  const call = (request: VisionRequest): CallResult => {
    if (request?.stream === true) return routeStream(route, request);
    const first = (models[0] as unknown as Call)(request);
    // A path that is a folder shows only here: a run can be iterated, the promise of one answer cannot.
    return Symbol.asyncIterator in first
      ? routeBatch(route, request, first as BatchRun<PredictionResponse>)
      : routeSingle(route, request, first as Promise<Outcome<PredictionResponse>>);
  };
  const close = async (): Promise<void> => {
    await Promise.all(models.map((model) => model.close()));
  };
  const first = models[0]!;
  const model = Object.assign(call, {
    modelId: first.modelId,
    info: first.info,
    session: (sessionOptions?: SessionOptions) => createVisionSession(model, sessionOptions),
    close,
    [Symbol.asyncDispose]: close,
  }) as unknown as VisionModel;
  return model;
}

async function routeSingle(
  route: Route,
  request: VisionRequest,
  first: Promise<Outcome<PredictionResponse>>,
): Promise<Outcome<PredictionResponse>> {
  let place = 0;
  let outcome = await first;
  while (route.fallsBack(outcome, place)) {
    place += 1;
    outcome = (await (route.models[place] as unknown as Call)(request)) as Outcome<PredictionResponse>;
  }
  return signed(outcome, route.models[place]!);
}

function routeStream(route: Route, request: VisionRequest): PredictionStream<PredictionResponse> {
  const { signal } = request;
  const open = (place: number, own: AbortSignal | undefined): PredictionStream<PredictionResponse> =>
    (route.models[place] as unknown as Call)({
      ...request,
      signal: own,
    } as VisionRequest) as PredictionStream<PredictionResponse>;
  // Mistakes in the options throw now, as from a model itself; a stream that is not read costs nothing.
  open(0, signal);
  return createPredictionStream<PredictionResponse>(async (context) => {
    for (let place = 0; ; place += 1) {
      let hasText = false;
      const stream = open(place, context.signal);
      try {
        for await (const text of stream) {
          hasText = true;
          context.onText(text);
        }
      } catch {
        // The outcome has the same error.
      }
      const outcome = await stream.outcome();
      if (!hasText && route.fallsBack(outcome, place)) continue;
      return unwrap(signed(outcome, route.models[place]!));
    }
  }, signal);
}
