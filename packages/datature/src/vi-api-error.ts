import { STATUS_CODES } from "node:http";
import { ApiCallError } from "@ocellus/core";
import type { HttpAnswer } from "@ocellus/http";

/** What {@link ViApiError} takes beside its message. */
export interface ViApiErrorOptions {
  readonly status: number;
  readonly url: string;
  readonly serverMessage: string;
  readonly traceId?: string | undefined;
  readonly cause?: unknown;
}

/** Datature Vi refused a request. */
export class ViApiError extends ApiCallError {
  /** What the platform said, up to 500 characters; empty when it said nothing. */
  readonly serverMessage: string;
  /** The platform's name of the exchange, for its support. */
  readonly traceId: string | undefined;

  constructor(message: string, options: ViApiErrorOptions) {
    super(message, options);
    this.serverMessage = options.serverMessage;
    this.traceId = options.traceId;
  }

  protected override details(): Record<string, unknown> {
    return { ...super.details(), traceId: this.traceId };
  }
}

const hints: Readonly<Record<number, string>> = {
  401: "The secret key is not accepted: check that it is whole and has not been revoked.",
  403: "The key may not do this: check organizationId and the role of the key.",
  404: "There is no such thing in this organization: check the ID and organizationId.",
};

/**
 * The error of an answer with an unsuccessful status.
 *
 * @param what was asked for: `run "abc"`
 */
export function errorOfAnswer(answer: HttpAnswer, url: string, what: string): ViApiError {
  const { status, headers } = answer;
  const serverMessage = readMessage(Buffer.from(answer.bytes).toString("utf8"));
  const trace = headers["x-cloud-trace-context"];
  const traceId = typeof trace === "string" ? trace.split("/")[0]?.slice(0, 100) : undefined;
  const message = [
    `Datature Vi answered ${what} with status ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd(),
    ...(serverMessage === "" ? ["."] : [`: ${serverMessage}`]),
    ...(traceId === undefined ? [] : [` (trace ${traceId})`]),
    ...(hints[status] === undefined ? [] : [` ${hints[status]}`]),
  ].join("");
  return new ViApiError(message, { status, url, serverMessage, traceId });
}

function readMessage(body: string): string {
  let found: unknown;
  try {
    const { message, error } = (JSON.parse(body) ?? {}) as { message?: unknown; error?: unknown };
    found = message ?? (error as { message?: unknown } | null | undefined)?.message ?? error;
  } catch {
    found = body.trimStart().startsWith("<") ? "" : body.trim();
  }
  const text = typeof found === "string" ? found : found === undefined || found === null ? "" : JSON.stringify(found);
  return text.slice(0, 500);
}
