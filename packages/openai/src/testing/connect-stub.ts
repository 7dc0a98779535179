import { fileURLToPath } from "node:url";
import { silentLogger, type VisionModel } from "@ocellus/core";
import { afterEach } from "vitest";
import { type ConnectOpenAIOptions, connectOpenAI } from "../connect-openai.ts";
import { type StubOptions, type StubReply, type StubServer, startStubServer } from "./stub-server.ts";

/** Path of a fixture. */
export const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../../fixtures/${path}`, import.meta.url));
/** A small PNG. */
export const picture: string = fixture("images/small.png");
/** A question about it. */
export const ask: { readonly source: string; readonly userPrompt: string } = {
  source: picture,
  userPrompt: "What is it?",
};

/** What is closed after each test, last first. */
export const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A stub server and a model that is connected to it. */
export async function connect(
  reply: StubReply,
  options: ConnectOpenAIOptions = {},
  stub: StubOptions = {},
): Promise<{ model: VisionModel; server: StubServer }> {
  const server = await startStubServer(reply, stub);
  const model = connectOpenAI({ baseUrl: server.baseUrl, logger: silentLogger, ...options });
  closers.push(server.close, () => model.close());
  return { model, server };
}
