import type { Wire } from "./platform-client.ts";
import { numberAt, objectAt, textAt } from "./wire-fields.ts";

/** A model that a run has written: one checkpoint. Plain data; times in milliseconds since 1970. */
export interface RunModel {
  /** What `checkpoint` names it by. */
  readonly checkpoint: string;
  readonly runId: string;
  readonly kind: string | null;
  readonly epoch: number | null;
  readonly evaluationMetrics: Readonly<Record<string, unknown>> | null;
  readonly createdAt: number | null;
}

/** Where a model can be fetched from, for a while. */
export interface ModelAddress {
  readonly url: string;
  /** Milliseconds since 1970; `null` when not said. */
  readonly expiresAt: number | null;
}

/** Reads a model of the platform. */
export function readRunModel(wire: Wire): RunModel {
  const spec = objectAt(wire.spec);
  const metrics = spec.evaluationMetrics;
  return {
    checkpoint: textAt(wire.runOutputId) ?? "",
    runId: textAt(wire.runId) ?? "",
    kind: textAt(spec.kind),
    epoch: numberAt(spec.epoch),
    evaluationMetrics: typeof metrics === "object" && metrics !== null ? objectAt(metrics) : null,
    createdAt: numberAt(objectAt(wire.metadata).timeCreated),
  };
}

/** Where it can be fetched from; `null` while it is not exported. Not part of {@link RunModel}: the address is a secret. */
export function readModelAddress(wire: Wire): ModelAddress | null {
  const { url, expiresAt } = objectAt(objectAt(objectAt(wire.status).contents).downloadUrl);
  const address = textAt(url);
  return address === null ? null : { url: address, expiresAt: numberAt(expiresAt) };
}
