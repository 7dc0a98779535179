import type { DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";

/** A method of the service with its messages. */
export type RpcMethod<Input extends DescMessage, Output extends DescMessage> = DescMethod & {
  readonly input: Input;
  readonly output: Output;
};

/** What surrounds one call. */
export interface RpcContext {
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Milliseconds left for the call; sent to the server as its deadline. `null` for none. */
  readonly timeoutMs: number | null;
}

/**
 * One way to the service. Errors are typed: `ConnectionError` when no answer can be had (retryable), `TimeoutError` at
 * the deadline, `ClarifaiError` with `grpcStatus` for every other failure of the call itself, and the abort error of the signal.
 */
export interface RpcTransport {
  /** Endpoint for messages, without secrets. */
  readonly url: string;
  unary<Input extends DescMessage, Output extends DescMessage>(
    method: RpcMethod<Input, Output>,
    request: MessageShape<Input>,
    context: RpcContext,
  ): Promise<MessageShape<Output>>;
  /** Requests are sent as they come; ending them half-closes the call. Leaving the answers cancels it. */
  stream<Input extends DescMessage, Output extends DescMessage>(
    method: RpcMethod<Input, Output>,
    requests: Iterable<MessageShape<Input>> | AsyncIterable<MessageShape<Input>>,
    context: RpcContext,
  ): AsyncIterableIterator<MessageShape<Output>>;
  /** Ends what is running and frees the connection. */
  close(): Promise<void>;
}
