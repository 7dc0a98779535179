import type { Wire } from "./platform-client.ts";
import { listAt, numberAt, objectAt, textAt } from "./wire-fields.ts";

/** How far a run is. `unknown`: the platform said something that is not known here; see `conditions`. */
export type RunStatus = "waiting" | "running" | "succeeded" | "failed" | "killed" | "unknown";

/** A stage of a run's life. */
export interface RunCondition {
  /** `Started`, `Succeeded`, … as the platform names it. */
  readonly condition: string;
  /** `Waiting`, `Reached` or `FailedReach`. */
  readonly status: string;
  /** Milliseconds since 1970; `null` when not said. */
  readonly lastTransitionTime: number | null;
  readonly reason: string | null;
  readonly message: string | null;
}

/** A training run. Plain data; times in milliseconds since 1970. */
export interface Run {
  readonly runId: string;
  readonly organizationId: string | null;
  /** Name of its flow. */
  readonly name: string | null;
  readonly trainingProject: string | null;
  readonly status: RunStatus;
  readonly conditions: readonly RunCondition[];
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  readonly killedAt: number | null;
  /** Own labels of the run. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The flow that it trains by, as the platform gives it; `run.json` of a model holds the same. */
  readonly flow: Wire;
}

/** Reads a run of the platform. */
export function readRun(wire: Wire): Run {
  const spec = objectAt(wire.spec);
  const flow = objectAt(spec.flow);
  const metadata = objectAt(wire.metadata);
  const conditions = listAt(objectAt(wire.status).conditions).map((entry) => readCondition(objectAt(entry)));
  const killedAt = numberAt(spec.killedAt);
  return {
    runId: textAt(wire.runId) ?? "",
    organizationId: textAt(wire.workspaceId),
    name: textAt(flow.name),
    trainingProject: textAt(spec.trainingProject),
    status: killedAt === null ? statusOf(conditions) : "killed",
    conditions,
    createdAt: numberAt(metadata.timeCreated),
    updatedAt: numberAt(metadata.lastUpdated),
    killedAt,
    attributes: objectAt(metadata.attributes),
    flow,
  };
}

function readCondition(wire: Wire): RunCondition {
  return {
    condition: textAt(wire.condition) ?? "",
    status: textAt(wire.status) ?? "",
    lastTransitionTime: numberAt(wire.lastTransitionTime),
    reason: textAt(wire.reason),
    message: textAt(wire.message),
  };
}

const ends: Readonly<Record<string, RunStatus>> = {
  Succeeded: "succeeded",
  Finished: "succeeded",
  Failed: "failed",
  Killed: "killed",
};

/** The last condition that was reached, or failed to be, counts (vlm.md A.4: `conditions[-1]` is `Succeeded`). */
function statusOf(conditions: readonly RunCondition[]): RunStatus {
  if (conditions.some(({ status }) => status === "FailedReach")) return "failed";
  const last = conditions.findLast(({ status }) => status !== "Waiting");
  if (last === undefined) return "waiting";
  return ends[last.condition] ?? (last.status === "Reached" ? "running" : "unknown");
}
