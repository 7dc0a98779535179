import { setTimeout as sleep } from "node:timers/promises";
import { abortError, linkAbort } from "@ocellus/core";
import { sendRequest } from "@ocellus/http";
import { containerState, type Docker } from "./nim-container.ts";
import { NimDeploymentError, type NimFailure } from "./nim-deployment-error.ts";

/** What {@link waitUntilReady} is told. */
export interface Waiting {
  readonly name: string;
  /** Ends in `/v1`. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  /** Own weights are mounted: a container that ends may not take them. */
  readonly hasOwnWeights: boolean;
  readonly signal: AbortSignal | undefined;
  /** Told the lines that the container writes meanwhile. */
  readonly onLine: ((line: string) => void) | undefined;
}

const pollMs = 2_000;
/** What containers write about weights of another architecture (the Vi SDK looks for the same words). */
const speaksOfWeights = /architecture|incompatible|not supported|unsupported model|size mismatch/i;

/**
 * Waits until the model of a container is ready.
 *
 * @throws NimDeploymentError with the end of the log when the container ends or is not ready in time; AbortedError
 */
export async function waitUntilReady(docker: Docker, waiting: Waiting): Promise<void> {
  const { name, signal, onLine } = waiting;
  if (onLine === undefined) return await poll(docker, waiting);
  const following = new AbortController();
  const unlink = linkAbort(following, [signal]);
  const more = { signal: following.signal, timeoutMs: waiting.timeoutMs + pollMs, onLine };
  // That the log cannot be shown is no reason to fail.
  const log = docker(["logs", "--follow", name], more).catch(() => undefined);
  try {
    await poll(docker, waiting);
  } finally {
    following.abort();
    unlink();
    await log;
  }
}

async function poll(docker: Docker, waiting: Waiting): Promise<void> {
  const { name, baseUrl, timeoutMs, signal } = waiting;
  const deadline = performance.now() + timeoutMs;
  while (true) {
    if (signal?.aborted) throw abortError(signal);
    if (await isReady(baseUrl, signal)) return;
    const state = await containerState(docker, name);
    const isOver = performance.now() >= deadline;
    if (state !== "running" || isOver) throw await failureOf(docker, waiting, { state, isOver });
    const pause = Math.min(pollMs, Math.max(1, deadline - performance.now()));
    await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}

/** Whether the model behind a base URL answers. */
export async function isReady(baseUrl: string, signal?: AbortSignal): Promise<boolean> {
  const request = { url: `${baseUrl}/health/ready`, timeoutMs: 5_000, maxBytes: 65_536, signal };
  return (await sendRequest(request).catch(() => null))?.status === 200;
}

async function failureOf(
  docker: Docker,
  { name, timeoutMs, hasOwnWeights }: Waiting,
  { state, isOver }: { readonly state: string | null; readonly isOver: boolean },
): Promise<NimDeploymentError> {
  const log = (await docker(["logs", "--tail", "40", name])).output.trim();
  return new NimDeploymentError(
    failure(log, hasOwnWeights, isOver),
    `The container ${name} ${isOver ? `is not ready after ${timeoutMs} ms` : `ended (${state ?? "removed"})`}. The end of its log:\n${log}`,
  );
}

function failure(log: string, hasOwnWeights: boolean, isOver: boolean): NimFailure {
  if (hasOwnWeights && speaksOfWeights.test(log)) return "model-incompatible";
  return isOver ? "not-ready" : "container-ended";
}
