import { InvalidArgumentError } from "@ocellus/core";
import { type OpenedRun, openRun, type RunSource } from "@ocellus/datature";
import {
  type ConnectNimOptions,
  type NimDeployment as ContainerDeployment,
  type DeployNimOptions as DeployContainerOptions,
  deployNim as deployContainer,
  NimDeploymentError,
} from "@ocellus/openai";

/** Options of {@link deployNim}: those of the container, and the run of Datature Vi whose weights it shall serve. */
export interface DeployNimOptions extends DeployContainerOptions {
  /** A run with whole weights; downloaded when it is not on this machine. */
  readonly run?: RunSource | undefined;
}

/** A NIM that is ready. */
export interface NimDeployment extends ContainerDeployment {
  /** For `connectNim`: where it is, and for a run its task, prompts and boxes. */
  readonly connectOptions: ConnectNimOptions;
}

/**
 * Brings up an NVIDIA NIM container on this machine with the docker program and waits until its model is ready; with
 * `run`, the container serves the model of that run.
 *
 * @throws InvalidArgumentError for wrong options; MissingDependencyError without docker
 * @throws NimDeploymentError with the end of the container's log, and for a run with an adapter, which NIM would leave
 *   out; TimeoutError, AbortedError; for a run also what `openRun` throws
 *
 * @example
 * const { connectOptions } = await deployNim({ run: { runId: "…" }, onLine: console.error });
 * await using model = connectNim(connectOptions);
 */
export async function deployNim({ run, ...options }: DeployNimOptions = {}): Promise<NimDeployment> {
  if (run === undefined) {
    const deployment = await deployContainer(options);
    return { ...deployment, connectOptions: { baseUrl: deployment.baseUrl } };
  }
  if (options.modelFolder !== undefined) {
    throw new InvalidArgumentError("Give options.run or options.modelFolder to deployNim, not both.");
  }
  const opened = await openRun(run, { signal: options.signal });
  if (opened.adapterFolder !== null) {
    throw new NimDeploymentError(
      "model-incompatible",
      `Run "${opened.runId}" has an adapter, which NIM does not apply. Merge it into the weights and give modelFolder.`,
    );
  }
  const deployment = await deployContainer({ ...options, modelFolder: opened.modelFolder });
  return { ...deployment, connectOptions: { baseUrl: deployment.baseUrl, ...connectOptionsOf(opened) } };
}

function connectOptionsOf({ settings }: OpenedRun): ConnectNimOptions {
  if (settings === null) return {};
  const { task, systemPrompts, coordinateSpace } = settings;
  return {
    systemPrompts,
    ...(task === null ? {} : { task }),
    ...(coordinateSpace === "pixels" ? {} : { coordinateSpace }),
  };
}
