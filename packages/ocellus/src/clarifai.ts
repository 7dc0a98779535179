export {
  type CommandOutput,
  type LoginOptions,
  ModelClient,
  type OpenModelOptions,
  openModel,
  type PredictCommand,
  runMethods,
  runPredict,
  runScript,
  saveLogin,
} from "@ocellus/clarifai";
