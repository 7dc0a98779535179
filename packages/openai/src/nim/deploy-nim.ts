import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { abortError, checkKnownKeys, checkNumber, InvalidArgumentError } from "@ocellus/core";
import { sendRequest } from "@ocellus/http";
import { readEnvironment } from "../environment.ts";
import { NimDeploymentError } from "./nim-deployment-error.ts";
import { type DockerResult, type DockerRun, runDocker } from "./run-docker.ts";

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
  ...["nvidiaApiKey", "imageName", "tag", "port", "shmSize", "maxModelLen", "localCacheDir", "servedModelName"],
  ...["containerName", "useExistingContainer", "autoKillExistingContainer", "forcePull", "readyTimeoutMs", "onLine"],
  ...["signal", "docker"],
];
const shortMs = 60_000;
/** An image has tens of gigabytes. */
const pullMs = 6 * 3_600_000;
const pollMs = 2_000;

type Docker = (args: readonly string[], more?: Partial<DockerRun>) => Promise<DockerResult>;

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
  const baseUrl = `http://localhost:${port}/v1`;
  await waitUntilReady(docker, containerName, baseUrl, options);
  const { output } = await docker(["inspect", "--format", "{{.Id}}", containerName]);
  return {
    containerName,
    containerId: output.trim(),
    port,
    baseUrl,
    availableModels: await listModels(baseUrl, signal),
  };
}

/**
 * Stops and removes a NIM container.
 *
 * @returns false when there is none of that name
 * @throws NimDeploymentError when docker refuses; MissingDependencyError, TimeoutError, AbortedError
 */
export async function stopNim(
  containerName: string,
  { docker = "docker", signal }: Pick<DeployNimOptions, "docker" | "signal"> = {},
): Promise<boolean> {
  const run: Docker = (args) => runDocker({ program: docker, args, signal, timeoutMs: shortMs });
  if ((await containerState(run, containerName)) === null) return false;
  expectSuccess(await run(["rm", "--force", containerName]), `The container ${containerName} cannot be removed`);
  return true;
}

/** `running`, `exited`, … or `null` when there is no such container. */
async function containerState(docker: Docker, name: string): Promise<string | null> {
  const { code, output } = await docker(["inspect", "--format", "{{.State.Status}}", name]);
  if (code === 0) return output.trim();
  if (/no such (object|container)/i.test(output)) return null;
  throw new NimDeploymentError("docker", `docker does not work: ${lastLines(output)}`);
}

/** True when a running container is used as it is. */
async function reuseContainer(docker: Docker, name: string, options: DeployNimOptions): Promise<boolean> {
  const state = await containerState(docker, name);
  if (state === null) return false;
  const { autoKillExistingContainer = false, useExistingContainer = true } = options;
  if (autoKillExistingContainer) {
    expectSuccess(await docker(["rm", "--force", name]), `The container ${name} cannot be removed`);
    return false;
  }
  if (state === "running" && useExistingContainer) return true;
  throw new NimDeploymentError(
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
  const { shmSize = "32GB", maxModelLen = 8192, servedModelName } = options;
  const cache = options.localCacheDir ?? join(homedir(), ".cache", "nim");
  await mkdir(cache, { recursive: true });
  const user = process.getuid === undefined ? [] : ["--user", String(process.getuid())];
  const served = servedModelName === undefined ? [] : ["--env", `NIM_SERVED_MODEL_NAME=${servedModelName}`];
  const args = [
    ...["run", "--detach", "--name", containerName, "--gpus", "all", "--shm-size", shmSize, ...user],
    ...["--publish", `${port}:8000`, "--volume", `${cache}:/opt/nim/.cache`],
    ...["--env", "NGC_API_KEY", "--env", `NIM_MAX_MODEL_LEN=${maxModelLen}`, ...served, image],
  ];
  const started = await docker(args, { env: { NGC_API_KEY: key } });
  expectSuccess(started, `The container ${containerName} cannot be started`);
}

async function waitUntilReady(docker: Docker, name: string, baseUrl: string, options: DeployNimOptions): Promise<void> {
  const { readyTimeoutMs = 1_800_000, signal } = options;
  const deadline = performance.now() + readyTimeoutMs;
  while (true) {
    if (signal?.aborted) throw abortError(signal);
    const request = { url: `${baseUrl}/health/ready`, timeoutMs: 5_000, maxBytes: 65_536, signal };
    const answer = await sendRequest(request).catch(() => null);
    if (answer?.status === 200) return;
    const state = await containerState(docker, name);
    const isOver = performance.now() >= deadline;
    if (state !== "running" || isOver) {
      const { output } = await docker(["logs", "--tail", "40", name]);
      const what = isOver ? `is not ready after ${readyTimeoutMs} ms` : `ended (${state ?? "removed"})`;
      const failure = isOver ? "not-ready" : "container-ended";
      throw new NimDeploymentError(failure, `The container ${name} ${what}. The end of its log:\n${output.trim()}`);
    }
    await sleep(Math.min(pollMs, Math.max(1, deadline - performance.now())), undefined, { signal }).catch(
      () => undefined,
    );
  }
}

async function listModels(baseUrl: string, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const { bytes } = await sendRequest({ url: `${baseUrl}/models`, timeoutMs: 10_000, maxBytes: 1024 * 1024, signal });
  const { data } = JSON.parse(Buffer.from(bytes).toString() || "{}") as { data?: readonly { id: string }[] };
  return (data ?? []).map(({ id }) => id);
}

function expectSuccess({ code, output }: DockerResult, what: string): void {
  if (code !== 0) throw new NimDeploymentError("docker", `${what}: ${lastLines(output)}`);
}

const lastLines = (output: string): string => output.trim().split("\n").slice(-5).join("\n");
