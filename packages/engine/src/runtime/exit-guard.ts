/** Places in the shared state of a guard; the first counts native calls. */
const running = 0;
const stopping = 1;
const parked = 2;

/** Longest wait for a graph that runs while the process ends, in milliseconds. */
const waitLimitMs = 30_000;

/** State that the main thread and the threads of a model share. */
export type ExitGuardState = Int32Array<SharedArrayBuffer>;

/** Makes the state of one model's guard. */
export function createExitGuard(): ExitGuardState {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

const watched = new Set<ExitGuardState>();

/**
 * On the main thread: when the process ends, lets native calls of the model's threads finish and keeps them from starting
 * others. A thread that is ended inside ONNX Runtime's binding takes the process down with it.
 *
 * @returns a function that ends the watch
 */
export function watchExit(guard: ExitGuardState): () => void {
  if (watched.size === 0) process.on("exit", waitForNativeCalls);
  watched.add(guard);
  return () => {
    watched.delete(guard);
    if (watched.size === 0) process.off("exit", waitForNativeCalls);
  };
}

function waitForNativeCalls(): void {
  for (const guard of watched) Atomics.store(guard, stopping, 1);
  const end = performance.now() + waitLimitMs;
  for (const guard of watched) {
    for (let calls = 1; calls > 0 && performance.now() < end; calls = Atomics.load(guard, running)) {
      Atomics.wait(guard, running, calls, end - performance.now());
    }
  }
}

let state: ExitGuardState | undefined;

/** Called once in a thread of a model: its native calls are guarded from now on. */
export function guardNativeCalls(shared: ExitGuardState): void {
  state = shared;
}

/** The guard of this thread, for threads that it starts; undefined where nothing is guarded. */
export function sharedExitGuard(): ExitGuardState | undefined {
  return state;
}

/** Runs a native call so that the end of the process waits for it. */
export async function nativeCall<Result>(call: () => Promise<Result>): Promise<Result> {
  if (state === undefined) return call();
  parkWhenStopping(state);
  Atomics.add(state, running, 1);
  try {
    return await call();
  } finally {
    Atomics.sub(state, running, 1);
    Atomics.notify(state, running);
    parkWhenStopping(state);
  }
}

/** Waits, once the process ends, until the thread is ended. */
function parkWhenStopping(guard: ExitGuardState): void {
  if (Atomics.load(guard, stopping) === 1) Atomics.wait(guard, parked, 0);
}
