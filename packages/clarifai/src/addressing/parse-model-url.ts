import { describeValue, InvalidArgumentError } from "@ocellus/core";

/** What a model address names. */
export interface ModelAddress {
  readonly userId: string;
  readonly appId: string;
  readonly modelId: string;
  /** `""` for the newest version. */
  readonly versionId: string;
}

/**
 * Reads the address of a model: `https://clarifai.com/{user}/{app}/models/{model}[/versions/{version}]`, the same without
 * scheme, or `{user}/{app}/models/{model}[/versions/{version}]`. A trailing slash, a query and a fragment do not matter.
 * The host is not looked at.
 *
 * @throws InvalidArgumentError for any other form
 */
export function parseModelUrl(url: string): ModelAddress {
  if (typeof url !== "string" || url.length > 2048) throw invalid(url);
  const segments = pathOf(url)
    .split("/")
    .filter((segment) => segment !== "");
  const at = segments[0]?.includes(".") === true && segments.length !== 4 && segments.length !== 6 ? 1 : 0;
  const [userId, appId, type, modelId, , versionId = ""] = segments.slice(at).map((segment) => decode(segment, url));
  const count = segments.length - at;
  if ((count !== 4 && count !== 6) || userId === undefined || appId === undefined || modelId === undefined)
    throw invalid(url);
  if (type !== "models") {
    throw new InvalidArgumentError(`The address ${describeValue(url)} names ${describeValue(type)}, not "models".`);
  }
  return { userId, appId, modelId, versionId };
}

function pathOf(url: string): string {
  const plain = url.trim().replace(/[?#].*$/s, "");
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(plain);
  return scheme === null ? plain : plain.slice(scheme[0].length);
}

function decode(segment: string, url: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid(url);
  }
}

function invalid(url: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    `${describeValue(url)} is no address of a model; expected https://clarifai.com/{user}/{app}/models/{model} ` +
      "or {user}/{app}/models/{model}, with /versions/{version} after it if need be.",
  );
}
