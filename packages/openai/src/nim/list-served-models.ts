import { sendRequest } from "@ocellus/http";

/** The names of the models that a server lists; none when it does not answer or says something else. */
export async function listServedModels(baseUrl: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  try {
    const { bytes } = await sendRequest({ url: `${baseUrl}/models`, timeoutMs: 10_000, maxBytes: 1024 * 1024, signal });
    const { data } = JSON.parse(Buffer.from(bytes).toString()) as { data?: unknown };
    const entries = Array.isArray(data) ? (data as readonly ({ id?: unknown } | null)[]) : [];
    return entries.flatMap((entry) => (typeof entry?.id === "string" ? [entry.id] : []));
  } catch {
    return [];
  }
}
