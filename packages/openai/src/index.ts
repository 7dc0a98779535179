export { ChatApiError, type ChatApiErrorOptions } from "./chat/chat-api-error.ts";
export { type ConnectNimOptions, connectNim } from "./connect-nim.ts";
export { type ConnectOpenAIOptions, connectOpenAI } from "./connect-openai.ts";
export { type DeployNimOptions, deployNim, type NimDeployment } from "./nim/deploy-nim.ts";
export { NimDeploymentError, type NimFailure } from "./nim/nim-deployment-error.ts";
export { type NimDockerOptions, type NimStatus, nimStatus, stopNim } from "./nim/nim-status.ts";
export type { ToolChoice } from "./request/tool-fields.ts";
export type { ServerKind } from "./server/server-kind.ts";
