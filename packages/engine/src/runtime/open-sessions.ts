import { join } from "node:path";
import { type DecoderSessions, withHead } from "./decoder-sessions.ts";
import { type OnnxSession, openSession } from "./onnx-session.ts";
import type { PlannedGraphs } from "./plan-graphs.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** The graphs of a model. */
export interface EngineSessions extends DecoderSessions {
  readonly vision: OnnxSession;
  /** Part of `decoder` and `prefill`, where both exist; not released with them. */
  readonly head?: OnnxSession | undefined;
}

/**
 * Opens the graphs of a folder one by one; when one fails or `signal` is aborted meanwhile, those before it are freed
 * again.
 *
 * @param options.threads threads that one operator may use
 * @param options.hasCopy whether there are the graphs of a second copy of the decoder's layers
 * @throws ModelLoadError when ONNX Runtime refuses a graph; AbortedError
 */
export async function openSessions(
  folder: string,
  options: { readonly threads: number; readonly hasCopy: boolean; readonly signal: AbortSignal },
): Promise<EngineSessions> {
  const { threads, hasCopy, signal } = options;
  const opened: OnnxSession[] = [];
  const open = async (name: keyof PlannedGraphs): Promise<OnnxSession> => {
    await yieldToEvents(signal);
    const session = await openSession(join(folder, `${name}.onnx`), { threads });
    opened.push(session);
    return session;
  };
  try {
    const vision = await open("vision");
    const decoder = await open("decoder");
    if (!hasCopy) return { vision, decoder };
    const head = await open("head");
    return { vision, decoder: withHead(decoder, head), prefill: withHead(await open("prefill"), head), head };
  } catch (error) {
    for (const session of opened) await session.release();
    throw error;
  }
}

/** Frees the weights of all graphs. */
export async function releaseSessions(sessions: EngineSessions): Promise<void> {
  await Promise.all(Object.values(sessions).map((session: OnnxSession | undefined) => session?.release()));
}
