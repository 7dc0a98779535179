import type { ToolCall } from "@ocellus/core";
import type { WireToolCall } from "./chat-wire.ts";

interface Merged {
  readonly index: number | null;
  id: string;
  name: string;
  text: string;
}

/** More than any model asks for at a time. */
const maxCalls = 1024;

/**
 * Puts the calls of functions together, from a whole message or from the pieces of a stream. A piece belongs to the call
 * with its index; without one to the call with its id, or to the last one when it has no id either.
 */
export class ToolCallMerger {
  readonly #calls: Merged[] = [];

  /** Takes the calls of a message or of one event. */
  add(pieces: readonly (WireToolCall | null)[]): void {
    for (const piece of pieces) if (typeof piece === "object" && piece !== null) this.#addPiece(piece);
  }

  /** The calls, complete. Servers that name no ids get `call_0`, `call_1`, … */
  end(): readonly ToolCall[] {
    return this.#calls.map(({ id, name, text }, place) => ({
      id: id === "" ? `call_${place}` : id,
      name,
      arguments: parseArguments(text),
      argumentsText: text,
    }));
  }

  #addPiece(piece: WireToolCall): void {
    const index = typeof piece.index === "number" ? piece.index : null;
    const id = typeof piece.id === "string" ? piece.id : "";
    const { name, arguments: given } = piece.function ?? {};
    const call = this.#find(index, id) ?? this.#begin(index, id);
    if (call === null) return;
    if (call.id === "") call.id = id;
    // Some servers repeat the name with every piece, others send it in pieces.
    if (typeof name === "string" && name !== call.name) call.name += name;
    if (given !== undefined && given !== null) call.text += typeof given === "string" ? given : JSON.stringify(given);
  }

  #find(index: number | null, id: string): Merged | null {
    // Ollama gives every call of a stream the index 0 and an id of its own.
    const isSame = (call: Merged): boolean => id === "" || call.id === "" || call.id === id;
    if (index !== null) return this.#calls.findLast((call) => call.index === index && isSame(call)) ?? null;
    if (id !== "") return this.#calls.find((call) => call.id === id) ?? null;
    return this.#calls.at(-1) ?? null;
  }

  #begin(index: number | null, id: string): Merged | null {
    if (this.#calls.length >= maxCalls) return null;
    const call: Merged = { index, id, name: "", text: "" };
    this.#calls.push(call);
    return call;
  }
}

/** No arguments at all are an empty object; OpenAI and vLLM write `{}`, others nothing. */
function parseArguments(text: string): ToolCall["arguments"] {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
