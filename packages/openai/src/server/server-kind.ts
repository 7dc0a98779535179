/** A serving program whose differences are known. */
export type ServerKind = "openai" | "vllm" | "sglang" | "llama-cpp" | "ollama" | "nim" | "unknown";

/** Every {@link ServerKind}. */
export const serverKinds: readonly ServerKind[] = [
  ...(["openai", "vllm", "sglang", "llama-cpp", "ollama", "nim", "unknown"] as const),
];
