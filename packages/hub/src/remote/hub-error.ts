import { STATUS_CODES } from "node:http";
import { ApiCallError } from "@ocellus/core";
import type { HttpAnswer } from "@ocellus/http";
import type { HubToken } from "../hub-environment.ts";

/** What was asked of the Hub, for messages. */
export interface HubSubject {
  readonly id: string;
  readonly revision: string;
  readonly endpoint: string;
  readonly token: HubToken | undefined;
}

/** True when the Hub knows the model but not the revision: no cached copy can stand in for that. */
export function isRevisionUnknown(error: unknown): boolean {
  return ApiCallError.isInstance(error) && error.status === 404 && error.message.includes("has no revision");
}

/**
 * The error of an answer that is no success: says what to do about a gated, private or missing model, a token that is
 * not valid, a rate limit. The Hub names the reason in `X-Error-Code` and `X-Error-Message`.
 *
 * @param url of the request; its query, which may hold a signature, is not shown
 */
export function hubError(
  { status, headers }: Pick<HttpAnswer, "status" | "headers">,
  url: string,
  subject: HubSubject,
): ApiCallError {
  const text = (name: string): string => String(headers[name] ?? "").slice(0, 300);
  const isOwn = new URL(url).origin === new URL(subject.endpoint).origin;
  const message = isOwn
    ? messageOf(status, text("x-error-code"), text("x-error-message"), subject)
    : storageMessage(status, url, subject);
  return new ApiCallError(message, { status, url });
}

function messageOf(status: number, code: string, detail: string, subject: HubSubject): string {
  const { id, revision, endpoint, token } = subject;
  if (code === "GatedRepo") return gated(subject);
  if (code === "RevisionNotFound") {
    return `${id} has no revision "${revision}" at ${endpoint}. Name one of its branches or tags, or a commit.`;
  }
  if (code === "EntryNotFound") return `A file of ${id} is not at ${endpoint} any more. Try again.`;
  if (/disabled/i.test(detail)) return `${endpoint} has disabled access to ${id}: ${detail}`;
  if (/invalid (?:credentials|username|token|user)/i.test(detail) && token !== undefined) {
    return `${endpoint} does not accept the token of ${token.origin} (${detail}). Make a new one at ${endpoint}/settings/tokens, or log in again with "hf auth login".`;
  }
  if (code === "RepoNotFound" || status === 401 || status === 404) return notFound(subject);
  return refusal(status, detail, subject);
}

function refusal(status: number, detail: string, subject: HubSubject): string {
  const { id, endpoint, token } = subject;
  const reason = detail === "" ? "" : ` (${detail})`;
  if (status === 403) return `${endpoint} denies access to ${id}${reason}: ${tokenAdvice(subject)}`;
  if (status === 429) {
    const advice = token === undefined ? "Give a token (HF_TOKEN), which raises the limit, or wait" : "Wait";
    return `${endpoint} answers ${id} with 429: too many requests. ${advice} some minutes and try again.`;
  }
  const problem = `${endpoint} answered with ${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
  return `${problem} when asked for ${id}${reason}. Try again later; what was downloaded is kept.`;
}

function gated({ id, endpoint, token }: HubSubject): string {
  const login =
    token === undefined
      ? 'Then give a token of that account: set HF_TOKEN or log in with "hf auth login".'
      : `The token of ${token.origin} must belong to that account and may read gated models.`;
  return `${id} is gated: open ${endpoint}/${id} in a browser and accept its terms (some owners must approve first). ${login}`;
}

function notFound(subject: HubSubject): string {
  const { id, endpoint } = subject;
  return `${endpoint} has no model "${id}" that it shows to you. Check the spelling; if it is private or gated: ${tokenAdvice(subject)}`;
}

function tokenAdvice({ token }: HubSubject): string {
  return token === undefined
    ? 'give a token that may read it: set HF_TOKEN or log in with "hf auth login".'
    : `the token of ${token.origin} must belong to an account that may read it, with read permission.`;
}

function storageMessage(status: number, url: string, { id }: HubSubject): string {
  return `${new URL(url).host}, where the Hub stores files of ${id}, answered with ${status} ${STATUS_CODES[status] ?? ""}. Try again later; what was downloaded is kept.`;
}
