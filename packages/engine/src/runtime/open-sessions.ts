import { join } from "node:path";
import { type DecoderSessions, withHead } from "./decoder-sessions.ts";
import { isLargeGraph, type OnnxSession, openSession } from "./onnx-session.ts";
import type { PlannedGraphs } from "./plan-graphs.ts";
import { openSessionThread } from "./session-thread.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** The graphs of a model. */
export interface EngineSessions extends DecoderSessions {
  readonly vision: OnnxSession;
  /** Part of `decoder` and `prefill`, where both exist; not released with them. */
  readonly head?: OnnxSession | undefined;
}

/**
 * Opens the graphs of a folder: that of vision, when it is large, in a thread of its own, and the others one by one
 * meanwhile. When one fails or `signal` is aborted, the others are freed again.
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
    const path = join(folder, `${name}.onnx`);
    const isAside = name === "vision" && (await isLargeGraph(path));
    const session = await (isAside ? openSessionThread : openSession)(path, { threads });
    opened.push(session);
    return session;
  };
  const openDecoder = async (): Promise<Omit<EngineSessions, "vision">> => {
    const decoder = await open("decoder");
    if (!hasCopy) return { decoder };
    const head = await open("head");
    return { decoder: withHead(decoder, head), prefill: withHead(await open("prefill"), head), head };
  };
  const openings = [open("vision"), openDecoder()] as const;
  try {
    const [vision, decoder] = await Promise.all(openings);
    return { vision, ...decoder };
  } catch (error) {
    await Promise.allSettled(openings);
    for (const session of opened) await session.release();
    throw error;
  }
}

/** Frees the weights of all graphs. */
export async function releaseSessions(sessions: EngineSessions): Promise<void> {
  await Promise.all(Object.values(sessions).map((session: OnnxSession | undefined) => session?.release()));
}
