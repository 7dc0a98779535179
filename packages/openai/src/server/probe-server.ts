import { InvalidArgumentError, VisionError } from "@ocellus/core";
import type { ChatClient } from "../chat/chat-client.ts";
import type { ServerKind } from "./server-kind.ts";

/** What a server says about itself. */
export interface ServerFacts {
  readonly kind: ServerKind;
  /** Names of its models, as far as it lists them. */
  readonly models: readonly string[];
}

/** The list of models is small and at hand: a server that does not give it in this time is asked without it. */
const probeTimeoutMs = 10_000;

/** What servers write into `owned_by` of their models (read in their sources and answers, 2026). */
const owners: Readonly<Record<string, ServerKind>> = {
  vllm: "vllm",
  sglang: "sglang",
  llamacpp: "llama-cpp",
  library: "ollama",
  openai: "openai",
};

const hosts: readonly (readonly [RegExp, ServerKind])[] = [
  [/(^|\.)openai\.com$/, "openai"],
  [/(^|\.)api\.nvidia\.com$/, "nim"],
];

/**
 * Asks a server for its models and tells from the answer what it is. A server that has no such list is `unknown`; one
 * that cannot be reached makes the question itself fail, with the better error.
 *
 * @returns `null` when the server did not answer, so that it is asked again next time
 */
export async function probeServer(
  client: ChatClient,
  baseUrl: string,
  signal: AbortSignal,
): Promise<ServerFacts | null> {
  const host = new URL(baseUrl).hostname;
  const known = hosts.find(([pattern]) => pattern.test(host))?.[1];
  try {
    const { value, answer } = await client.get("/models", signal, probeTimeoutMs);
    const list = readModels(value);
    const owner = list.map(({ owner: name }) => owners[name]).find((kind) => kind !== undefined);
    const program = answer.headers.server === "llama.cpp" ? "llama-cpp" : undefined;
    return { kind: known ?? owner ?? program ?? "unknown", models: list.map(({ id }) => id) };
  } catch (error) {
    if (signal.aborted || !VisionError.isInstance(error)) throw error;
    return error.code === "api-call" ? { kind: known ?? "unknown", models: [] } : null;
  }
}

/**
 * The model to name in requests when the caller named none: the only one that is served.
 *
 * @throws InvalidArgumentError when there is none or more than one
 */
export function onlyModel({ models }: ServerFacts, baseUrl: string): string {
  if (models.length === 1) return models[0]!;
  const seen = models.length === 0 ? "lists none" : `has ${models.length}: ${models.slice(0, 10).join(", ")}`;
  throw new InvalidArgumentError(`Give options.model; the server at ${baseUrl} ${seen}.`);
}

function readModels(value: unknown): readonly { readonly id: string; readonly owner: string }[] {
  const { data } = (value ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) return [];
  return data
    .slice(0, 10_000)
    .flatMap((entry: { id?: unknown; owned_by?: unknown } | null) =>
      typeof entry?.id === "string" ? [{ id: entry.id, owner: String(entry.owned_by ?? "") }] : [],
    );
}
