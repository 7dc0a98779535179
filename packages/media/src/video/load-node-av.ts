import { importOptional } from "@ocellus/core";

/** The parts of `node-av` that are used: FFmpeg's own libraries, and its constants. */
export interface NodeAv {
  readonly lib: typeof import("node-av/lib");
  readonly constants: typeof import("node-av/constants");
}

let loading: Promise<NodeAv> | undefined;

/**
 * Loads `node-av` on first use; nothing else in this package may import it. Only its low-level half is used: the other
 * one needs `Promise.withResolvers`, which Node 20 does not have.
 *
 * @throws MissingDependencyError when it is not installed or has no binary for this platform
 */
export function loadNodeAv(): Promise<NodeAv> {
  loading ??= importOptional("node-av", async () => {
    const [lib, constants] = await Promise.all([import("node-av/lib"), import("node-av/constants")]);
    // FFmpeg reports damaged files on standard error by itself; ours is the error that is thrown.
    if (lib.Log.getLevel() === constants.AV_LOG_INFO) lib.Log.setLevel(constants.AV_LOG_QUIET);
    return { lib, constants };
  });
  return loading;
}
