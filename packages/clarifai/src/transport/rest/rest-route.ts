import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "@ocellus/core";

/** An HTTP request for a unary call. */
export interface RestRoute {
  readonly verb: "GET" | "POST";
  readonly path: string;
  /** What is left of the request once the fields of the path are taken out. */
  readonly body: JsonObject;
}

/** Path patterns by method, most specific first: `{field}` takes a field of the request out of the body. */
const routes: Readonly<Record<string, { readonly verb: "GET" | "POST"; readonly patterns: readonly string[] }>> = {
  PostModelOutputs: {
    verb: "POST",
    patterns: [
      "/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}/versions/{version_id}/outputs",
      "/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}/outputs",
    ],
  },
  GetModel: { verb: "GET", patterns: ["/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}"] },
  GetModelVersion: {
    verb: "GET",
    patterns: [
      "/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}/versions/{version_id}",
      "/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}",
    ],
  },
  ListModelVersions: {
    verb: "GET",
    patterns: ["/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/{model_id}/versions"],
  },
  ListModels: { verb: "GET", patterns: ["/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models"] },
  GetModelType: {
    verb: "GET",
    patterns: ["/v2/users/{user_app_id.user_id}/apps/{user_app_id.app_id}/models/types/{model_type_id}"],
  },
  GetUser: { verb: "GET", patterns: ["/v2/users/{user_app_id.user_id}"] },
  GetDeployment: { verb: "GET", patterns: ["/v2/users/{user_app_id.user_id}/deployments/{deployment_id}"] },
  GetNodepool: {
    verb: "GET",
    patterns: ["/v2/users/{user_app_id.user_id}/compute_clusters/{compute_cluster_id}/nodepools/{nodepool_id}"],
  },
};

/**
 * The HTTP form of a unary call, by the annotations of the published protos. The first pattern whose fields are all
 * there is taken.
 *
 * @param body the request as JSON with proto field names
 * @throws InvalidArgumentError for a call without an HTTP form
 */
export function restRoute(method: string, body: JsonObject): RestRoute {
  for (const pattern of routes[method]?.patterns ?? []) {
    const names = [...pattern.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
    if (!names.every((name) => fieldOf(body, name) !== "")) continue;
    const path = pattern.replace(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(fieldOf(body, name)));
    return { verb: routes[method]!.verb, path, body: withoutModelNames(without(body, names)) };
  }
  throw new InvalidArgumentError(`${method} has no HTTP form for this address; leave out transport: "rest".`);
}

function fieldOf(body: JsonObject, path: string): string {
  let value: JsonValue | undefined = body;
  for (const name of path.split(".")) {
    value = typeof value === "object" && value !== null && !Array.isArray(value) ? value[name] : undefined;
  }
  return typeof value === "string" ? value : "";
}

/** The model is named by the path; of its message only the settings stay. */
function withoutModelNames({ model, ...body }: JsonObject): JsonObject {
  const version =
    typeof model === "object" && model !== null && !Array.isArray(model) ? model.model_version : undefined;
  const settings =
    typeof version === "object" && version !== null && !Array.isArray(version) ? version.output_info : undefined;
  return settings === undefined ? body : { ...body, model: { model_version: { output_info: settings } } };
}

/** A copy without the named fields, and without messages that this leaves empty. */
function without(body: JsonObject, names: readonly string[]): JsonObject {
  const copy: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    if (names.includes(key)) continue;
    const inner = names.filter((name) => name.startsWith(`${key}.`)).map((name) => name.slice(key.length + 1));
    if (inner.length === 0) copy[key] = value;
    else {
      const rest = without(value as JsonObject, inner);
      if (Object.keys(rest).length > 0) copy[key] = rest;
    }
  }
  return copy;
}
