import { NimDeploymentError } from "./nim-deployment-error.ts";
import type { DockerResult, DockerRun } from "./run-docker.ts";

/** Runs docker with the program and the signal of one deployment. */
export type Docker = (args: readonly string[], more?: Partial<DockerRun>) => Promise<DockerResult>;

/** Longest duration of a command that does not transfer anything. */
export const shortMs = 60_000;
/** The port inside of every NIM. */
export const innerPort = 8000;

/**
 * `running`, `exited`, … or `null` when there is no such container.
 *
 * @throws NimDeploymentError when docker itself does not work
 */
export async function containerState(docker: Docker, name: string): Promise<string | null> {
  const { code, output } = await docker(["inspect", "--format", "{{.State.Status}}", name]);
  if (code === 0) return output.trim();
  if (/no such (object|container)/i.test(output)) return null;
  throw new NimDeploymentError("docker", `docker does not work: ${lastLines(output)}`);
}

/** The port of this machine that a running container listens on; `null` when it has none. */
export async function containerPort(docker: Docker, name: string): Promise<number | null> {
  const { code, output } = await docker(["port", name, `${innerPort}/tcp`]);
  const port = Number(/:(\d+)\s*$/m.exec(output)?.[1]);
  return code === 0 && Number.isInteger(port) ? port : null;
}

/** Removes a container, also a running one; false when there is none. @throws NimDeploymentError when docker refuses */
export async function removeContainer(docker: Docker, name: string): Promise<boolean> {
  if ((await containerState(docker, name)) === null) return false;
  const { code, output } = await docker(["rm", "--force", name]);
  // Somebody else is just doing it, or has done it.
  if (code === 0 || /already in progress|no such container/i.test(output)) return true;
  throw new NimDeploymentError("docker", `The container ${name} cannot be removed: ${lastLines(output)}`);
}

/** @throws NimDeploymentError with the end of docker's output unless it ended well */
export function expectSuccess({ code, output }: DockerResult, what: string): void {
  if (code !== 0) throw new NimDeploymentError("docker", `${what}: ${lastLines(output)}`);
}

/** The end of a program's output, for a message. */
export const lastLines = (output: string): string => output.trim().split("\n").slice(-5).join("\n");
