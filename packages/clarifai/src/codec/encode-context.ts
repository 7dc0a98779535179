/** What the encoders share while the arguments of one call are encoded. */
export interface EncodeContext {
  /** Media that still have to be read (files, blobs, pixels); await all of them before sending. */
  readonly pending: Promise<void>[];
  readonly signal: AbortSignal | undefined;
  /** Largest file, blob or download, in bytes. */
  readonly maxMediaBytes: number;
  /** Download `http(s):` media here and send the bytes, instead of having the server download them. */
  readonly downloadUrls: boolean;
  /** Also download from loopback and private addresses. */
  readonly allowPrivateAddresses: boolean;
}

/** Default of {@link EncodeContext.maxMediaBytes}: what the service takes in one request. */
export const defaultMaxMediaBytes: number = 128 * 1024 * 1024;

/** Awaits the media of a context; all of them settle before the first error is thrown. */
export async function settlePending(context: EncodeContext): Promise<void> {
  if (context.pending.length === 0) return;
  const failed = (await Promise.allSettled(context.pending)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}
