import { throwIfAborted } from "@ocellus/core";
import { type EncodedImage, encodeImageInput, requireImages } from "../images/encode-image-input.ts";
import { type ImageInput, type ImagesInput, iterateImages } from "../images/image-input.ts";
import type { PictureSize } from "../images/image-scale.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";

/** How the pictures of a call become requests. */
export interface BatchPlan<Result> {
  /** Most pictures in one request. */
  readonly batchSize: number;
  /** Size that pictures are reduced to, or null. */
  readonly limit: PictureSize | null;
  /** Sends one request; never called without pictures. */
  readonly send: (images: readonly EncodedImage[], call: CallOptions) => Promise<Result>;
}

/**
 * Opens pictures, groups them and sends the requests, `maxConcurrentRequests` at a time. Results have the order of the
 * pictures. Pictures are opened only when their request is about to be sent, so that a long sequence is not in memory
 * at once; that every entry of a list can be a picture and every file exists is checked before. When a request fails, a list is sent to its end before the first error (in the order of the pictures) is
 * thrown, as the Python client does; a sequence of unknown length stops.
 */
export async function runBatches<Result>(
  state: ClientState,
  images: ImagesInput,
  plan: BatchPlan<Result>,
  call: CallOptions,
): Promise<Result[]> {
  if (Array.isArray(images)) await requireImages(images);
  const batches = groupBy(iterateImages(images), plan.batchSize);
  const isOpenEnded = typeof images === "object" && Symbol.asyncIterator in images;
  const results: Result[] = [];
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  let index = 0;
  const worker = async (): Promise<void> => {
    while (call.signal?.aborted !== true && !(isOpenEnded && failures.length > 0)) {
      const { value, done } = await batches.next();
      if (done === true) return;
      const own = index++;
      try {
        results[own] = await sendBatch(state, value, plan, call);
      } catch (error) {
        failures.push({ index: own, error });
      }
    }
  };
  const workers = Math.max(1, state.configuration.maxConcurrentRequests);
  try {
    await Promise.all(Array.from({ length: workers }, worker));
  } finally {
    await batches.return(undefined);
  }
  throwIfAborted(call.signal);
  const first = failures.sort((a, b) => a.index - b.index)[0];
  if (first !== undefined) throw first.error;
  return results;
}

async function sendBatch<Result>(
  state: ClientState,
  batch: readonly ImageInput[],
  plan: BatchPlan<Result>,
  call: CallOptions,
): Promise<Result> {
  const encoded: EncodedImage[] = [];
  for (const image of batch) encoded.push(await encodeImageInput(state, image, plan.limit, call));
  return await plan.send(encoded, call);
}

async function* groupBy<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[], void, undefined> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The only element of a list of one, else the list: how the Python client returns results. */
export const unwrapSingle = <Item>(items: readonly Item[]): Item | Item[] =>
  items.length === 1 ? items[0]! : [...items];
