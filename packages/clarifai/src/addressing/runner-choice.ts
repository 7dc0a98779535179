import { InvalidArgumentError } from "@ocellus/core";

/** Which compute answers: a deployment, a nodepool of a cluster, or (without any) what the model's owner set. */
export interface RunnerOptions {
  readonly deploymentId?: string | undefined;
  readonly nodepoolId?: string | undefined;
  readonly computeClusterId?: string | undefined;
  /** Owner of the deployment or cluster: the organisation. Default: the owner of the token, which is looked up. */
  readonly deploymentUserId?: string | undefined;
}

/** A checked {@link RunnerOptions}; `null` without any choice. */
export type RunnerChoice =
  | { readonly kind: "deployment"; readonly deploymentId: string; readonly userId: string | null }
  | {
      readonly kind: "nodepool";
      readonly nodepoolId: string;
      readonly computeClusterId: string;
      readonly userId: string | null;
    }
  | null;

/** Checks the choice of compute. @throws InvalidArgumentError for two kinds at once or half of one */
export function chooseRunner(options: RunnerOptions): RunnerChoice {
  const { deploymentId, nodepoolId, computeClusterId } = options;
  const userId = options.deploymentUserId ?? null;
  if (deploymentId !== undefined && (nodepoolId !== undefined || computeClusterId !== undefined)) {
    throw new InvalidArgumentError("Give either deploymentId, or nodepoolId with computeClusterId, not both.");
  }
  if (deploymentId !== undefined) return { kind: "deployment", deploymentId, userId };
  if (nodepoolId === undefined && computeClusterId === undefined) return null;
  if (nodepoolId === undefined || computeClusterId === undefined) {
    throw new InvalidArgumentError("A nodepool needs both nodepoolId and computeClusterId.");
  }
  return { kind: "nodepool", nodepoolId, computeClusterId, userId };
}
