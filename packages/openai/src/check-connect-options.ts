import { describeValue, InvalidArgumentError } from "@ocellus/core";

/**
 * A base URL without a slash at its end; without a path it gets `/v1`.
 *
 * @throws InvalidArgumentError for anything but an absolute http(s) URL without query and credentials
 */
export function checkBaseUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError(`options.baseUrl must be an absolute http(s) URL; got ${describeValue(value)}.`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new InvalidArgumentError(
      "options.baseUrl must have no user name, password, query or fragment; use apiKey or headers.",
    );
  }
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path === "" ? "/v1" : path}`;
}

/** @throws InvalidArgumentError for anything but a text that is not empty, or undefined */
export function checkText(value: unknown, path: string): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw new InvalidArgumentError(
    `${path} must be a text that is not empty; got ${value === "" ? '""' : typeof value}.`,
  );
}

/** @throws InvalidArgumentError for anything but one of the choices, or undefined */
export function checkChoice<Choice extends string>(
  value: unknown,
  choices: readonly Choice[],
  path: string,
): Choice | undefined {
  if (value === undefined || choices.includes(value as Choice)) return value as Choice | undefined;
  throw new InvalidArgumentError(`${path} must be one of ${choices.join(", ")}; got ${describeValue(value)}.`);
}
