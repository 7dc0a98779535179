import { create } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "@ocellus/core";
import type { OutputCallContext } from "../calls/output-calls.ts";
import { withRetries } from "../calls/with-retries.ts";
import { isSuccess, statusError } from "../errors/check-status.ts";
import {
  GetDeploymentRequestSchema,
  GetNodepoolRequestSchema,
  GetUserRequestSchema,
  type RunnerSelector,
  RunnerSelectorSchema,
  V2,
} from "../gen/clarifai/api/inference_pb.ts";
import type { Status } from "../gen/clarifai/api/status/status_pb.ts";
import { StatusCode } from "../gen/clarifai/api/status/status_pb.ts";
import type { RunnerChoice } from "./runner-choice.ts";

/**
 * Turns a choice of compute into the selector of a request: finds the owner (of the token, unless one was named) and
 * checks that the deployment or nodepool exists.
 *
 * @throws InvalidArgumentError when it does not exist; ClarifaiError for any other status
 */
export async function selectRunner(
  choice: Exclude<RunnerChoice, null>,
  context: OutputCallContext,
): Promise<RunnerSelector> {
  const userId = choice.userId ?? (await ownerOfToken(context));
  return choice.kind === "deployment"
    ? await selectDeployment(choice.deploymentId, userId, context)
    : await selectNodepool(choice, userId, context);
}

async function ownerOfToken(context: OutputCallContext): Promise<string> {
  const request = create(GetUserRequestSchema, { userAppId: { userId: "me" } });
  const response = await ask(context, (options) => context.transport.unary(V2.method.getUser, request, options));
  if (!isSuccess(response.status))
    throw statusError(response.status!, { ...context.place, what: "Looking up the owner of the token" });
  return response.user?.id ?? "";
}

async function selectDeployment(id: string, userId: string, context: OutputCallContext): Promise<RunnerSelector> {
  const request = create(GetDeploymentRequestSchema, { userAppId: { userId }, deploymentId: id });
  const response = await ask(context, (options) => context.transport.unary(V2.method.getDeployment, request, options));
  checkFound(response.status, StatusCode.DEPLOYMENT_DOES_NOT_EXIST, `Deployment "${id}"`, userId, context);
  return create(RunnerSelectorSchema, { deployment: { id, userId } });
}

async function selectNodepool(
  { nodepoolId, computeClusterId }: { readonly nodepoolId: string; readonly computeClusterId: string },
  userId: string,
  context: OutputCallContext,
): Promise<RunnerSelector> {
  const request = create(GetNodepoolRequestSchema, { userAppId: { userId }, computeClusterId, nodepoolId });
  const response = await ask(context, (options) => context.transport.unary(V2.method.getNodepool, request, options));
  const what = `Nodepool "${nodepoolId}" of cluster "${computeClusterId}"`;
  checkFound(response.status, StatusCode.NODEPOOL_DOES_NOT_EXIST, what, userId, context);
  return create(RunnerSelectorSchema, {
    nodepool: { id: nodepoolId, computeCluster: { id: computeClusterId, userId } },
  });
}

function ask<Response>(
  { policy, limit }: OutputCallContext,
  send: (options: { signal: AbortSignal; timeoutMs: null }) => Promise<Response>,
): Promise<Response> {
  return withRetries(() => send({ signal: limit.signal, timeoutMs: null }), policy, limit.signal);
}

function checkFound(
  status: Status | undefined,
  missingCode: number,
  what: string,
  userId: string,
  { place }: OutputCallContext,
): void {
  if (isSuccess(status)) return;
  if (status!.code !== missingCode) throw statusError(status!, { ...place, what: `Looking up ${what}` });
  throw new InvalidArgumentError(
    `${what} was not found for user "${userId}" (${status!.description}). If an organisation owns it, set deploymentUserId.`,
  );
}
