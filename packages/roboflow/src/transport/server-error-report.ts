import { type HttpAnswer, retryAfterMs } from "@ocellus/http";
import { HTTPCallError, type ServerErrorReport } from "../errors/http-call-error.ts";
import type { ClientState } from "./client-state.ts";
import { redactSecretIn } from "./redact-key.ts";

/** Longest text of a server that an error repeats. */
const maxTextLength = 4_000;

/** The error of an answer that is no success, with everything that its body tells and no secret of the client. */
export function callError(state: ClientState, method: string, url: string, answer: HttpAnswer): HTTPCallError {
  const { apiKey, configuration } = state;
  // Cleaned after it was parsed: a secret may look like a part of the JSON itself.
  const clean = (value: unknown): unknown => redactSecretIn(redactSecretIn(value, apiKey), configuration.serviceSecret);
  const report = clean(readReport(Buffer.from(answer.bytes).toString(), answer)) as ServerErrorReport;
  const shown = clean(url.replace(/[?#].*$/s, "")) as string;
  const reason = report.apiMessage ?? describeDetail(report.detail) ?? redirectHint(answer);
  const message = `${method} ${shown} answered with status ${answer.status}${reason === null ? "." : `: ${reason}`}`;
  return new HTTPCallError(message.slice(0, maxTextLength), {
    ...report,
    apiMessage: report.apiMessage?.slice(0, maxTextLength) ?? null,
    status: answer.status,
    url: shown,
  });
}

function readReport(text: string, { headers }: HttpAnswer): ServerErrorReport {
  const isJson = headers["content-type"]?.includes("application/json") === true;
  const body = isJson ? parseObject(text) : null;
  const inner = textOf(body?.inner_error_message);
  const message = textOf(body?.message) ?? textOf(body?.detail);
  const withInner = message === null || inner === null ? (message ?? inner) : `${message}. More details: ${inner}`;
  return {
    apiMessage: body === null ? textOf(text.trim()) : withInner,
    detail: body?.detail ?? null,
    errorType: textOf(body?.error_type),
    context: textOf(body?.context),
    innerErrorType: textOf(body?.inner_error_type),
    innerErrorMessage: inner,
    blocksErrors: Array.isArray(body?.blocks_errors) ? body.blocks_errors : [],
    helpUrl: textOf(body?.help_url),
    requestId: textOf(headers["x-request-id"]),
    retryAfterMs: retryAfterMs(headers["retry-after"]),
  };
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Lists, numbers and damaged JSON are no report; the status counts all the same. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** `body.image: Field required; …` of a validation error. */
function describeDetail(detail: unknown): string | null {
  if (!Array.isArray(detail)) return null;
  const parts = detail.slice(0, 5).map((entry: { loc?: unknown; msg?: unknown } | null) => {
    const place = Array.isArray(entry?.loc) ? `${entry.loc.join(".")}: ` : "";
    return `${place}${String(entry?.msg ?? "invalid")}`;
  });
  return parts.join("; ");
}

function redirectHint({ status, headers }: HttpAnswer): string | null {
  if (status < 300 || status >= 400) return null;
  const { location } = headers;
  const origin = location !== undefined && URL.canParse(location) ? ` to ${new URL(location).origin}` : "";
  return `redirects${origin} are not followed; give the final address as apiUrl.`;
}
