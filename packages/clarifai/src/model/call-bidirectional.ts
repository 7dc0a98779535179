import { describeValue, InvalidArgumentError } from "@ocellus/core";
import { type CallOptions, encodeContextOf } from "../calls/call-options.ts";
import { type OutputCallContext, streamOutputs } from "../calls/output-calls.ts";
import { settlePending } from "../codec/encode-context.ts";
import type { Input, MultiOutputResponse, PostModelOutputsRequest } from "../gen/clarifai/api/inference_pb.ts";
import type { MethodField, MethodSignature } from "../signatures/method-signature.ts";
import { buildFurtherInput, buildInput, type MethodArguments } from "./build-input.ts";

/**
 * Calls a bidirectional method: the first request carries all arguments and the first item of the streamed one, each
 * further request one more item. Items are taken as the connection takes them; their end half-closes the call.
 *
 * @throws InvalidArgumentError when the streamed argument is no iterator, or has no item
 */
export async function* callBidirectional(
  signature: MethodSignature,
  args: MethodArguments,
  options: CallOptions,
  makeRequest: (inputs: Input[]) => PostModelOutputsRequest,
  context: OutputCallContext,
): AsyncGenerator<MultiOutputResponse, undefined, undefined> {
  const { signal } = context.limit;
  const field = signature.inputs.find(({ isIterator }) => isIterator);
  if (field === undefined)
    throw new InvalidArgumentError(`The method ${signature.name} declares no streamed parameter.`);
  const source = iteratorOf(args[field.name], field);
  try {
    const head = await source.next();
    if (head.done === true) {
      throw new InvalidArgumentError(`arguments.${field.name} has no items; a stream needs at least one.`);
    }
    const encoding = encodeContextOf(options, signal);
    const checks = { checkParams: options.checkParams ?? false };
    const first = buildInput(signature, args, encoding, checks, { field, item: head.value });
    await settlePending(encoding);
    const rest = furtherRequests(signature.name, field, source, options, makeRequest, signal);
    yield* streamOutputs(makeRequest([first]), rest, context);
  } finally {
    // Not awaited: the source may wait for something that never comes.
    Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

async function* furtherRequests(
  method: string,
  field: MethodField,
  source: AsyncIterator<unknown>,
  options: CallOptions,
  makeRequest: (inputs: Input[]) => PostModelOutputsRequest,
  signal: AbortSignal,
): AsyncGenerator<PostModelOutputsRequest, undefined, undefined> {
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    const encoding = encodeContextOf(options, signal);
    const input = buildFurtherInput(method, field, next.value, encoding);
    await settlePending(encoding);
    yield makeRequest([input]);
  }
}

/** The iterator of a streamed argument. Lists are refused, as the reference client does: they are mostly a mistake. */
function iteratorOf(value: unknown, field: MethodField): AsyncIterator<unknown> {
  const path = `arguments.${field.name}`;
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in value) return asyncOf((value as Iterable<unknown>)[Symbol.iterator]());
  }
  const remedy = Array.isArray(value) ? " Stream a list with list.values()." : "";
  throw new InvalidArgumentError(
    `${path} must be an iterator or async iterator of items (a generator, a stream); got ${describeValue(value)}.${remedy}`,
  );
}

function asyncOf(source: Iterator<unknown>): AsyncIterator<unknown> {
  return {
    next: async () => source.next(),
    return: async () => source.return?.() ?? { done: true, value: undefined },
  };
}
