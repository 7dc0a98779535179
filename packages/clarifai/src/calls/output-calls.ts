import { type CallPlace, isMixed, isSuccess, statusError } from "../errors/check-status.ts";
import { type MultiOutputResponse, type PostModelOutputsRequest, V2 } from "../gen/clarifai/api/inference_pb.ts";
import type { RpcTransport } from "../transport/rpc-transport.ts";
import type { CallLimit } from "./call-limit.ts";
import { ReplayableRequests } from "./replayable-requests.ts";
import type { RetryPolicy } from "./retry-policy.ts";
import { withRetries } from "./with-retries.ts";

/** What the three output calls need beside their request. */
export interface OutputCallContext {
  readonly transport: RpcTransport;
  readonly policy: RetryPolicy;
  readonly limit: CallLimit;
  readonly place: CallPlace;
  /** True when each wait of a stream is limited rather than the whole of it. */
  readonly limitsWaits: boolean;
  /** True when the caller set a time limit, of which the server is told. */
  readonly hasDeadline: boolean;
}

/**
 * `PostModelOutputs`, repeated while the model starts, is busy or out of reach. MIXED_STATUS passes: the caller looks at
 * each output.
 *
 * @throws ClarifaiError for any other status
 */
export async function postOutputs(
  request: PostModelOutputsRequest,
  context: OutputCallContext,
): Promise<MultiOutputResponse> {
  const { transport, policy, limit, place } = context;
  return await withRetries(
    async () => {
      const response = await transport.unary(V2.method.postModelOutputs, request, deadlineOf(context));
      throwIfFailed(response, place);
      return response;
    },
    policy,
    limit.signal,
  );
}

/** `GenerateModelOutputs`, repeated only until its first answer has come. */
export function generateOutputs(
  request: PostModelOutputsRequest,
  context: OutputCallContext,
): AsyncGenerator<MultiOutputResponse, undefined, undefined> {
  const { transport } = context;
  const open = (): AsyncIterableIterator<MultiOutputResponse> =>
    transport.stream(V2.method.generateModelOutputs, [request], deadlineOf(context));
  return answersOf(open, context, () => true);
}

/**
 * `StreamModelOutputs`. Requests are taken from `rest` as the connection takes them. Repeated only while nothing but the
 * first request was taken and no answer has come, so that no item is lost.
 */
export async function* streamOutputs(
  first: PostModelOutputsRequest,
  rest: AsyncIterator<PostModelOutputsRequest>,
  context: OutputCallContext,
): AsyncGenerator<MultiOutputResponse, undefined, undefined> {
  const { transport } = context;
  const requests = new ReplayableRequests(first, rest);
  const open = (): AsyncIterableIterator<MultiOutputResponse> =>
    transport.stream(V2.method.streamModelOutputs, requests.replay(), deadlineOf(context));
  try {
    yield* answersOf(open, context, () => requests.isReplayable);
  } finally {
    // Not awaited: a source that waits for something of its own must not hold up the end.
    requests.close().catch(() => undefined);
  }
}

/** The server is told of a time limit that the caller set. */
function deadlineOf({ hasDeadline, limit }: OutputCallContext): { signal: AbortSignal; timeoutMs: number | null } {
  return { signal: limit.signal, timeoutMs: hasDeadline ? limit.remainingMs : null };
}

async function* answersOf(
  open: () => AsyncIterableIterator<MultiOutputResponse>,
  context: OutputCallContext,
  mayRetry: () => boolean,
): AsyncGenerator<MultiOutputResponse, undefined, undefined> {
  const { policy, limit, place, limitsWaits } = context;
  const start = async (): Promise<[typeof answers, IteratorResult<MultiOutputResponse>]> => {
    const opened = open();
    const head = await opened.next();
    if (head.done !== true) await closeIfFailed(opened, head.value, place);
    return [opened, head];
  };
  let answers: AsyncIterableIterator<MultiOutputResponse> | null = null;
  try {
    let next: IteratorResult<MultiOutputResponse>;
    [answers, next] = (await withRetries(start, policy, limit.signal, mayRetry)) as [
      AsyncIterableIterator<MultiOutputResponse>,
      IteratorResult<MultiOutputResponse>,
    ];
    while (next.done !== true) {
      throwIfFailed(next.value, place);
      if (limitsWaits) limit.pause();
      yield next.value;
      if (limitsWaits) limit.restart();
      next = await answers.next();
    }
  } finally {
    await answers?.return?.();
    limit.release();
  }
}

async function closeIfFailed(
  answers: AsyncIterableIterator<MultiOutputResponse>,
  head: MultiOutputResponse,
  place: CallPlace,
): Promise<void> {
  try {
    throwIfFailed(head, place);
  } catch (thrown) {
    await answers.return?.();
    throw thrown;
  }
}

function throwIfFailed({ status, outputs }: MultiOutputResponse, place: CallPlace): void {
  if (isSuccess(status) || (isMixed(status) && outputs.length > 0)) return;
  throw statusError(status!, place);
}
