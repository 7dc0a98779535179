import { checkKnownKeys } from "@ocellus/core";
import { listServedModels } from "./list-served-models.ts";
import { containerPort, containerState, type Docker, removeContainer, shortMs } from "./nim-container.ts";
import { runDocker } from "./run-docker.ts";
import { isReady } from "./wait-until-ready.ts";

/** How docker is found and stopped. */
export interface NimDockerOptions {
  /** The docker program (`docker`). */
  readonly docker?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a NIM container is. Plain data. */
export interface NimStatus {
  readonly containerName: string;
  /** `running`, `exited`, … as docker says; `missing` when there is none of that name. */
  readonly state: string;
  /** The port of this machine; `null` unless it runs. */
  readonly port: number | null;
  /** Ends in `/v1`; `null` unless it runs. */
  readonly baseUrl: string | null;
  /** The model answers. */
  readonly isReady: boolean;
  /** Names of the served models, when it is ready. */
  readonly models: readonly string[];
}

/**
 * Looks at a NIM container of this machine.
 *
 * @throws NimDeploymentError when docker does not work; MissingDependencyError, TimeoutError, AbortedError
 */
export async function nimStatus(containerName: string, options: NimDockerOptions = {}): Promise<NimStatus> {
  const docker = dockerOf(options);
  const state = (await containerState(docker, containerName)) ?? "missing";
  const port = state === "running" ? await containerPort(docker, containerName) : null;
  const baseUrl = port === null ? null : `http://localhost:${port}/v1`;
  const ready = baseUrl !== null && (await isReady(baseUrl, options.signal));
  const models = ready ? await listServedModels(baseUrl, options.signal) : [];
  return { containerName, state, port, baseUrl, isReady: ready, models };
}

/**
 * Stops and removes a NIM container.
 *
 * @returns false when there is none of that name
 * @throws NimDeploymentError when docker refuses; MissingDependencyError, TimeoutError, AbortedError
 */
export async function stopNim(containerName: string, options: NimDockerOptions = {}): Promise<boolean> {
  return await removeContainer(dockerOf(options), containerName);
}

function dockerOf(options: NimDockerOptions): Docker {
  checkKnownKeys(options, ["docker", "signal"], "options");
  const { docker: program = "docker", signal } = options;
  return (args, more) => runDocker({ program, args, signal, timeoutMs: shortMs, ...more });
}
