import { ConnectionError } from "@ocellus/core";
import { createParser } from "eventsource-parser";

/** One event of a `text/event-stream` (WHATWG HTML, 9.2). */
export interface ServerEvent {
  /** Type of the event; absent for a plain message. */
  readonly event?: string | undefined;
  readonly id?: string | undefined;
  readonly data: string;
}

/** Limits of {@link readEventStream}. */
export interface EventStreamOptions {
  /** Most characters of one event (16 Mi). */
  readonly maxEventLength?: number | undefined;
}

/**
 * Reads server-sent events. Yields the events that each piece of the body completes, together, so that fast streams cost
 * one turn of the event loop a piece and not one an event. An event that the end of the body cuts off is dropped, as the
 * standard says: whether the end was the right one, only the protocol above can tell.
 *
 * @throws ConnectionError for an event that is longer than allowed, and what the pieces throw
 */
export async function* readEventStream(
  chunks: AsyncIterable<Uint8Array>,
  { maxEventLength = 16 * 1024 * 1024 }: EventStreamOptions = {},
): AsyncGenerator<readonly ServerEvent[], void, undefined> {
  const decoder = new TextDecoder();
  let events: ServerEvent[] = [];
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onEvent: (event) => events.push(event),
    onError: ({ type }) => {
      isTooLong ||= type === "max-buffer-size-exceeded";
    },
  });
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (isTooLong) {
      const message = `The server sent an event of more than ${maxEventLength} characters.`;
      throw new ConnectionError(message, { isRetryable: false });
    }
    if (events.length === 0) continue;
    const ready = events;
    events = [];
    yield ready;
  }
}
