import { createVisionModel, type VisionModel } from "@ocellus/core";
import { Model, type ModelOptions } from "../model/model.ts";
import { ModelClient } from "../model/model-client.ts";
import { ClarifaiBackend } from "./clarifai-backend.ts";

/**
 * A model on Clarifai as a `VisionModel`: the same call as a local model. A model with `openai_transport` is asked
 * through that, one with a text parameter in `predict` or `generate` through these, any other through the
 * OpenAI-compatible endpoint. Nothing is sent before the first call.
 *
 * @param options as of `Model`, or a client that exists already (it is closed with the model)
 * @throws InvalidArgumentError for bad options or without a credential
 * @example
 * const model = connectClarifai({ url: "https://clarifai.com/openai/chat-completion/models/gpt-4o" });
 * const [answer, error] = await model({ source: "desk.jpg", userPrompt: "How many mugs?" });
 */
export function connectClarifai(options: ModelOptions | ModelClient): VisionModel {
  const client = options instanceof ModelClient ? options : new Model(options);
  return createVisionModel(new ClarifaiBackend(client));
}
