import { StatusCode } from "../gen/clarifai/api/status/status_pb.ts";

const names: ReadonlyMap<number, string> = new Map(Object.entries(StatusCode).map(([name, code]) => [code, name]));

/** The name of a status code (`MODEL_BUSY_PLEASE_RETRY`), or the number as text. */
export function statusName(code: number): string {
  return names.get(code) ?? String(code);
}

/** A model that is being started or is busy: the same call succeeds later. */
export const startupCodes: ReadonlySet<number> = new Set([
  StatusCode.MODEL_DEPLOYING,
  StatusCode.MODEL_BUSY_PLEASE_RETRY,
  StatusCode.MODEL_LOADING,
]);

/** Too many calls in a time. */
export const throttledCodes: ReadonlySet<number> = new Set([
  StatusCode.CONN_EXCEED_HOURLY_LIMIT,
  StatusCode.CONN_THROTTLED,
]);

/** True when the same call may succeed later. */
export function isRetryableStatus(code: number): boolean {
  return startupCodes.has(code) || throttledCodes.has(code);
}

/** The HTTP status nearest to a status code of the service, for errors that came over gRPC. */
export function httpStatusOf(code: number): number {
  if (throttledCodes.has(code)) return 429;
  if (code >= 11000 && code < 11010) return 401;
  if (code >= 11100 && code < 11200) return 400;
  if ([21200, 25600, 25700, 25800, 25900].includes(code)) return 404;
  if (code === StatusCode.MODEL_PERMISSION_DENIED) return 403;
  if (startupCodes.has(code)) return 503;
  if (code >= 30000 && code < 31000) return 400;
  return 500;
}
