import type { ToolCall, ToolCallDelta } from "./openai-types.ts";

/** Most calls that one answer is read to hold. */
const maxCalls = 1000;

/**
 * Reads the tool calls that a model's `predict` returns as text: a JSON list of calls. `null` when the text is an answer
 * in words.
 */
export function parseToolCalls(text: string): ToolCall[] | null {
  const deltas = parseToolCallDeltas(text);
  return deltas === null ? null : mergeToolCalls([deltas]);
}

/** Reads a chunk of a model's `generate` as pieces of tool calls; `null` when it is text of the answer. */
export function parseToolCallDeltas(text: string): ToolCallDelta[] | null {
  if (!text.trimStart().startsWith("[")) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0 && value.every(isDelta) ? value : null;
  } catch {
    return null;
  }
}

/** Puts the pieces of tool calls together, by `index` (else by their place in the list), in the order of the index. */
export function mergeToolCalls(chunks: Iterable<readonly ToolCallDelta[]>): ToolCall[] {
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for (const chunk of chunks) {
    for (const [place, delta] of chunk.entries()) {
      const index = delta.index ?? place;
      const call = calls.get(index) ?? { id: "", name: "", arguments: "" };
      if (calls.size >= maxCalls && !calls.has(index)) continue;
      call.id ||= delta.id ?? "";
      call.name += delta.function?.name ?? "";
      call.arguments += delta.function?.arguments ?? "";
      calls.set(index, call);
    }
  }
  const ordered = [...calls].sort(([a], [b]) => a - b);
  return ordered.map(([, call]) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
}

function isDelta(value: unknown): value is ToolCallDelta {
  return typeof value === "object" && value !== null && "function" in value;
}
