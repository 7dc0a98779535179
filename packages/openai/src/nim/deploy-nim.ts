import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { checkKnownKeys, checkNumber, InvalidArgumentError } from "@ocellus/core";
import { readEnvironment } from "../environment.ts";
import { listServedModels } from "./list-served-models.ts";
import {
  containerPort,
  containerState,
  type Docker,
  expectSuccess,
  innerPort,
  lastLines,
  removeContainer,
  shortMs,
} from "./nim-container.ts";
import { NimDeploymentError } from "./nim-deployment-error.ts";
import { runDocker } from "./run-docker.ts";
import { waitUntilReady } from "./wait-until-ready.ts";

/** Options of {@link deployNim}; defaults in parentheses. */
export interface DeployNimOptions {
  /** Key of NVIDIA's registry, `nvapi-…` (`NVIDIA_API_KEY`, else `NGC_API_KEY`). */
  readonly nvidiaApiKey?: string | undefined;
  /** Image below nvcr.io/nim/nvidia, or a full name (`cosmos-reason1-7b`). */
  readonly imageName?: string | undefined;
  /** (`latest`) */
  readonly tag?: string | undefined;
  /** Port on this machine (8000). */
  readonly port?: number | undefined;
  /** Shared memory of the container (`32GB`). */
  readonly shmSize?: string | undefined;
  /** Longest prompt plus answer in tokens (8192). */
  readonly maxModelLen?: number | undefined;
  /** Folder of this machine for what the container downloads (`~/.cache/nim`). */
  readonly localCacheDir?: string | undefined;
  /** Folder of this machine with weights of your own, which the image must support (the image's own weights). */
  readonly modelFolder?: string | undefined;
  /** Name under which the model is served (the image's own). */
  readonly servedModelName?: string | undefined;
  /** Name of the container (`ocellus-nim-<image>`). */
  readonly containerName?: string | undefined;
  /** Use a container of that name that runs already (true). */
  readonly useExistingContainer?: boolean | undefined;
  /** Remove a container of that name first (false). */
  readonly autoKillExistingContainer?: boolean | undefined;
  /** Fetch the image even when it is here (false). */
  readonly forcePull?: boolean | undefined;
  /** Longest wait for the model to be ready in milliseconds (1,800,000). */
  readonly readyTimeoutMs?: number | undefined;
  /** Tell `onLine` also what the container writes until it is ready (true). */
  readonly streamLogs?: boolean | undefined;
  /** Told the progress: lines of the pull and of the container. */
  readonly onLine?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The docker program (`docker`). */
  readonly docker?: string | undefined;
}

/** A NIM that is ready. */
export interface NimDeployment {
  readonly containerName: string;
  readonly containerId: string;
  readonly port: number;
  /** Ends in `/v1`; for `connectNim`. */
  readonly baseUrl: string;
  /** Names of the served models. */
  readonly availableModels: readonly string[];
}

const optionNames: readonly string[] = [
  ...["nvidiaApiKey", "imageName", "tag", "port", "shmSize", "maxModelLen", "localCacheDir", "modelFolder"],
  ...[
    "servedModelName",
    "containerName",
    "useExistingContainer",
    "autoKillExistingContainer",
    "forcePull",
    "readyTimeoutMs",
    "streamLogs",
  ],
  ...["onLine", "signal", "docker"],
];
/** An image has tens of gigabytes. */
const maxTimerMs = 2 ** 31 - 1;
const pullMs = 6 * 3_600_000;

/**
 * Brings up an NVIDIA NIM container on this machine with the docker program and waits until its model is ready. The key
 * reaches docker through its environment and its standard input, never on a command line.
 *
 * @throws InvalidArgumentError for wrong options; MissingDependencyError without docker
 * @throws NimDeploymentError with the end of the container's log; TimeoutError, AbortedError
 */
export async function deployNim(options: DeployNimOptions = {}): Promise<NimDeployment> {
  checkKnownKeys(options, optionNames, "options");
  const { imageName = "cosmos-reason1-7b", tag = "latest", port = 8000, signal, docker: program = "docker" } = options;
  checkNumber(port, "options.port", { min: 1, max: 65_535, integer: true });
  checkNumber(options.maxModelLen ?? 8192, "options.maxModelLen", { min: 1, max: 2 ** 24, integer: true });
  const timeoutMs = options.readyTimeoutMs ?? 1_800_000;
  checkNumber(timeoutMs, "options.readyTimeoutMs", { min: 1, max: maxTimerMs });
  const key = options.nvidiaApiKey ?? readEnvironment().nvidiaApiKey;
  if (key === null || !key.startsWith("nvapi-")) {
    throw new InvalidArgumentError("deployNim needs options.nvidiaApiKey or NVIDIA_API_KEY, which begin with nvapi-.");
  }
  const image = `${imageName.includes("/") ? imageName : `nvcr.io/nim/nvidia/${imageName}`}:${tag}`;
  const containerName = options.containerName ?? `ocellus-nim-${imageName.replace(/[^a-zA-Z0-9_.-]/g, "-")}`;
  const docker: Docker = (args, more) => runDocker({ program, args, signal, timeoutMs: shortMs, ...more });

  if (!(await reuseContainer(docker, containerName, options))) {
    await pullImage(docker, image, key, options);
    await startContainer(docker, { image, containerName, port, key }, options);
  }
  // A container that was there already may listen elsewhere.
  const usedPort = (await containerPort(docker, containerName)) ?? port;
  const baseUrl = `http://localhost:${usedPort}/v1`;
  await waitUntilReady(docker, {
    name: containerName,
    baseUrl,
    timeoutMs,
    hasOwnWeights: options.modelFolder !== undefined,
    signal,
    onLine: options.streamLogs === false ? undefined : options.onLine,
  });
  const { output } = await docker(["inspect", "--format", "{{.Id}}", containerName]);
  return {
    containerName,
    containerId: output.trim(),
    port: usedPort,
    baseUrl,
    availableModels: await listServedModels(baseUrl, signal),
  };
}

/** True when a running container is used as it is. */
async function reuseContainer(docker: Docker, name: string, options: DeployNimOptions): Promise<boolean> {
  const state = await containerState(docker, name);
  if (state === null) return false;
  const { autoKillExistingContainer = false, useExistingContainer = true } = options;
  if (autoKillExistingContainer) {
    await removeContainer(docker, name);
    return false;
  }
  if (state === "running" && useExistingContainer) return true;
  throw nameTaken(name, state);
}

function nameTaken(name: string, state: string): NimDeploymentError {
  return new NimDeploymentError(
    "container-exists",
    `There is a container ${name} already (${state}). Remove it, choose another containerName, or set autoKillExistingContainer.`,
  );
}

async function pullImage(docker: Docker, image: string, key: string, options: DeployNimOptions): Promise<void> {
  const isHere = (await docker(["image", "inspect", "--format", "{{.Id}}", image])).code === 0;
  if (isHere && options.forcePull !== true) return;
  const login = await docker(["login", "nvcr.io", "--username", "$oauthtoken", "--password-stdin"], { input: key });
  expectSuccess(login, "nvcr.io does not accept the key");
  const pulled = await docker(["pull", image], { timeoutMs: pullMs, onLine: options.onLine });
  if (pulled.code === 0) return;
  throw new NimDeploymentError("image-missing", `The image ${image} cannot be fetched: ${lastLines(pulled.output)}`);
}

async function startContainer(
  docker: Docker,
  { image, containerName, port, key }: Readonly<Record<"image" | "containerName" | "key", string>> & { port: number },
  options: DeployNimOptions,
): Promise<void> {
  const { shmSize = "32GB", maxModelLen = 8192, servedModelName, modelFolder } = options;
  const cache = options.localCacheDir ?? join(homedir(), ".cache", "nim");
  await mkdir(cache, { recursive: true });
  const user = process.getuid === undefined ? [] : ["--user", String(process.getuid())];
  const served = servedModelName === undefined ? [] : ["--env", `NIM_SERVED_MODEL_NAME=${servedModelName}`];
  // NIM takes weights by their path inside of the container; the Vi SDK mounts them under the same path.
  const weights =
    modelFolder === undefined
      ? []
      : [
          "--volume",
          `${resolve(modelFolder)}:${resolve(modelFolder)}:ro`,
          "--env",
          `NIM_MODEL_NAME=${resolve(modelFolder)}`,
        ];
  const args = [
    ...["run", "--detach", "--name", containerName, "--gpus", "all", "--shm-size", shmSize, ...user],
    ...["--publish", `${port}:${innerPort}`, "--volume", `${cache}:/opt/nim/.cache`],
    ...weights,
    ...["--env", "NGC_API_KEY", "--env", `NIM_MAX_MODEL_LEN=${maxModelLen}`, ...served, image],
  ];
  const started = await docker(args, { env: { NGC_API_KEY: key } });
  if (/is already in use/i.test(started.output)) throw nameTaken(containerName, "made meanwhile");
  expectSuccess(started, `The container ${containerName} cannot be started`);
}
