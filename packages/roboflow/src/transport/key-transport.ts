import { wireParameters } from "../configuration/wire-parameters.ts";
import type { ClientState } from "./client-state.ts";

const isInQueryAndBody = (state: ClientState): boolean => state.configuration.apiKeyTransport !== "header";

/** Where the API key goes, by the transport that the configuration names. */
export const keyTransport = {
  /** `Authorization: Bearer`, for `both` and `header`. */
  headers: (state: ClientState): Record<string, string> => {
    const { apiKeyTransport } = state.configuration;
    if (state.apiKey === null || apiKeyTransport === null || apiKeyTransport === "legacy") return {};
    return { authorization: `Bearer ${state.apiKey}` };
  },
  /** Body member of V1 inferences, model loading, workflows and pipelines, in both modes; null without a key. */
  body: (state: ClientState): Record<string, unknown> => (isInQueryAndBody(state) ? { api_key: state.apiKey } : {}),
  /** Query of the hosted inference and of the registry. A missing key is left out. */
  query: (state: ClientState): [string, string][] =>
    isInQueryAndBody(state) && state.apiKey !== null ? [["api_key", state.apiKey]] : [],
  /** Foundation models: body in V1, query in V0. */
  foundationBody: (state: ClientState): Record<string, unknown> => ({
    ...wireParameters.sourceBody(state.configuration),
    ...(state.mode === "v1" ? keyTransport.body(state) : {}),
  }),
  /** Foundation models: the key in V0, and billing. */
  foundationQuery: (state: ClientState): [string, string][] => [
    ...(state.mode === "v0" ? keyTransport.query(state) : []),
    ...wireParameters.billingQuery(state.configuration),
  ],
};
