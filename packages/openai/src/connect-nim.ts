import { checkNumber, InvalidArgumentError, type VisionModel } from "@ocellus/core";
import { checkBaseUrl } from "./check-connect-options.ts";
import { type ConnectOpenAIOptions, connectOpenAI } from "./connect-openai.ts";
import { readEnvironment } from "./environment.ts";

/** Options of {@link connectNim}: those of `connectOpenAI`, and the port of a container on this machine. */
export interface ConnectNimOptions extends Omit<ConnectOpenAIOptions, "server" | "provider"> {
  /** Port of the container on this machine (8000); instead of `baseUrl`. */
  readonly port?: number | undefined;
}

/**
 * A model of an NVIDIA NIM as a `VisionModel`: a container on this machine unless `baseUrl` names another, for example
 * NVIDIA's hosted service `https://integrate.api.nvidia.com/v1`. A container wants no key; for hosts below nvidia.com
 * the environment variable `NVIDIA_API_KEY` (else `NGC_API_KEY`) is used when `apiKey` is not given.
 *
 * @throws InvalidArgumentError for unknown or wrong options
 * @example
 * await using model = connectNim({ port: 8000 });
 * const [result, error] = await model({ source: "belt.mp4", userPrompt: "Is it safe?", cot: true });
 */
export function connectNim(options: ConnectNimOptions = {}): VisionModel {
  const { port, ...rest } = options;
  if (port !== undefined && rest.baseUrl !== undefined) {
    throw new InvalidArgumentError("Give options.port or options.baseUrl to connectNim, not both.");
  }
  checkNumber(port ?? 8000, "options.port", { min: 1, max: 65_535, integer: true });
  const baseUrl = checkBaseUrl(rest.baseUrl ?? `http://localhost:${port ?? 8000}/v1`);
  const isHosted = /(^|\.)nvidia\.com$/.test(new URL(baseUrl).hostname);
  const apiKey = rest.apiKey === undefined && isHosted ? readEnvironment().nvidiaApiKey : (rest.apiKey ?? null);
  return connectOpenAI({ ...rest, baseUrl, apiKey, server: "nim", provider: "nim" });
}
