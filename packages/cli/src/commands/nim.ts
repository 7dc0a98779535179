import { type DeployNimOptions, deployNim, nimStatus, type RunSource, stopNim } from "ocellus";
import { modelSource } from "../arguments/model-source.ts";
import { CommandError } from "../command-error.ts";
import { printable, printableOn } from "../output/printable.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";

/** The options of `ocellus nim deploy` as commander hands them over. */
export interface NimDeployCommandOptions {
  readonly tag?: string;
  readonly name?: string;
  readonly port?: number;
  readonly shmSize?: string;
  readonly maxModelLen?: number;
  readonly cacheDir?: string;
  readonly servedModelName?: string;
  readonly modelDir?: string;
  readonly run?: string;
  readonly replace?: true;
  readonly new?: true;
  readonly forcePull?: true;
  /** Seconds. */
  readonly timeout?: number;
  readonly quiet?: true;
  readonly json?: true;
}

/** The options of `ocellus nim status`. */
export interface NimStatusCommandOptions {
  readonly json?: true;
}

const defaultName = "ocellus-nim-cosmos-reason1-7b";

/**
 * `ocellus nim deploy`: brings up a container and prints the base URL of its model. Docker's own lines go to standard
 * error.
 *
 * @throws CommandError for options that contradict each other; typed errors of `deployNim`
 */
export async function nimDeploy(
  image: string | undefined,
  options: NimDeployCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  if (options.replace === true && options.new === true) {
    throw new CommandError("--replace and --new contradict each other; leave one out.", 2);
  }
  const { connectOptions: _, ...deployment } = await deployNim(deployOptions(image, options, signal));
  const { baseUrl, containerName, availableModels } = deployment;
  const text = `${baseUrl}  ${containerName}  ${availableModels.join(", ")}`.trimEnd();
  await writeOutput(`${options.json === true ? JSON.stringify(deployment) : printableOn(process.stdout, text)}\n`);
  return 0;
}

function deployOptions(
  image: string | undefined,
  options: NimDeployCommandOptions,
  signal: AbortSignal,
): DeployNimOptions {
  const { timeout, run } = options;
  return {
    imageName: image,
    tag: options.tag,
    containerName: options.name,
    port: options.port,
    shmSize: options.shmSize,
    maxModelLen: options.maxModelLen,
    localCacheDir: options.cacheDir,
    servedModelName: options.servedModelName,
    modelFolder: options.modelDir,
    run: run === undefined ? undefined : (modelSource(`run:${run}`) as RunSource),
    autoKillExistingContainer: options.replace,
    useExistingContainer: options.new === true ? false : undefined,
    forcePull: options.forcePull,
    readyTimeoutMs: timeout === undefined ? undefined : Math.max(1, Math.round(timeout * 1000)),
    onLine: options.quiet === true ? undefined : (line) => writeMessage(`${printable(line)}\n`),
    signal,
  };
}

/**
 * `ocellus nim status`: how a container is.
 *
 * @returns exit code: 0 when its model answers, 1 when it does not
 * @throws typed errors of `nimStatus`
 */
export async function nimStatusCommand(
  name: string | undefined,
  { json }: NimStatusCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const status = await nimStatus(name ?? defaultName, { signal });
  const { containerName, state, baseUrl, isReady, models } = status;
  const parts = [containerName, state, isReady ? "ready" : "not ready", baseUrl ?? "", models.join(", ")];
  const text = parts.filter((part) => part !== "").join("  ");
  await writeOutput(`${json === true ? JSON.stringify(status) : printableOn(process.stdout, text)}\n`);
  return isReady ? 0 : 1;
}

/**
 * `ocellus nim stop`: removes a container; that there is none is said, and no failure.
 *
 * @throws typed errors of `stopNim`
 */
export async function nimStop(name: string | undefined, signal: AbortSignal): Promise<number> {
  const containerName = name ?? defaultName;
  const isRemoved = await stopNim(containerName, { signal });
  writeMessage(`ocellus: ${printable(containerName)} ${isRemoved ? "is stopped and removed" : "is not there"}.\n`);
  return 0;
}
