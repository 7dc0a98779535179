import type { Logger } from "@ocellus/core";
import { environment } from "./environment.ts";

/** `v0`: the hosted API, one picture a request. `v1`: a self-hosted server. */
export type ClientMode = "v0" | "v1";

const hostedUrls: readonly string[] = [
  "https://detect.roboflow.com",
  "https://outline.roboflow.com",
  "https://classify.roboflow.com",
  "https://infer.roboflow.com",
  "https://serverless.roboflow.com",
  "https://serverless.roboflow.one",
  "https://serverless.roboflow.eu",
  "https://serverless.roboflow-eu.one",
  "https://asyncinfer.roboflow.com",
  "https://asyncinfer.roboflow.one",
];

/** The mode of an API URL: `v0` when it begins with one of Roboflow's hosted addresses, as in the Python client. */
export function clientModeOf(apiUrl: string): ClientMode {
  return hostedUrls.some((hosted) => apiUrl.startsWith(hosted)) ? "v0" : "v1";
}

/** A service of the platform. */
export type RoboflowService = "api" | "app" | "serverless";

const domains = {
  us: { production: "roboflow.com", staging: "roboflow.one" },
  eu: { production: "roboflow.eu", staging: "roboflow-eu.one" },
} as const;

/**
 * The platform's URL of a service, by `ROBOFLOW_REGION` (`us`, `eu`) and `ROBOFLOW_ENVIRONMENT` (`prod`, or anything
 * else for staging; `PROJECT` is its older form, which does not reach `serverless`).
 */
export function roboflowServiceUrl(service: RoboflowService, logger?: Logger): string {
  const region = environment.region();
  if (region !== "" && region !== "us" && region !== "eu") {
    logger?.warn(`ROBOFLOW_REGION ${JSON.stringify(region)} is not known; using us.`);
  }
  const stage = environment.stage();
  const project = service === "serverless" ? undefined : environment.project();
  const isProduction =
    stage === undefined ? project === undefined || project === "roboflow-platform" : stage === "prod";
  const domain = domains[region === "eu" ? "eu" : "us"][isProduction ? "production" : "staging"];
  return `https://${service}.${domain}`;
}
