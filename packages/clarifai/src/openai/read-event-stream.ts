import { GenerationError } from "@ocellus/core";

/** Longest event that is taken, in characters. */
const maxEventLength = 16 * 1024 * 1024;

/**
 * The data of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
 * until `[DONE]` or the end. Comments and other fields are left out.
 *
 * @throws GenerationError for an event without end
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined, undefined> {
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
    if (line !== "" || data.length === 0) continue;
    const event = data.join("\n");
    data = [];
    if (event === "[DONE]") return;
    yield event;
  }
}

/** Lines without their ends, and an empty one at the end of the text, which closes an event that was left open. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    if (rest.length > maxEventLength) throw new GenerationError("The answer has an event without end.");
    // A CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest.replace(/\r$/, "");
  yield "";
}
