export { Model, type ModelOptions } from "./model/model.ts";
export { ModelClient } from "./model/model-client.ts";
