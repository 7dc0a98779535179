import { InvalidArgumentError, suggestName } from "@ocellus/core";
import type { MethodSignature } from "../signatures/method-signature.ts";

/** What decides about the method that a command calls. */
export interface MethodChoice {
  /** Asked for by name. */
  readonly method: string | undefined;
  /** A chat is wanted. */
  readonly isChat: boolean;
  readonly hasText: boolean;
}

/**
 * The method that a command calls: for a chat the OpenAI transport; the one that was named; with a text the streaming
 * OpenAI transport; else the first that streams its result, `predict`, or the first.
 *
 * @throws InvalidArgumentError when there is none
 */
export function chooseMethod(signatures: readonly MethodSignature[], choice: MethodChoice): MethodSignature {
  const find = (name: string): MethodSignature | undefined => signatures.find((signature) => signature.name === name);
  if (choice.isChat) {
    const chat = find("openai_stream_transport") ?? find("openai_transport");
    if (chat !== undefined) return chat;
    throw new InvalidArgumentError(
      "--chat needs a model with openai_transport or openai_stream_transport; this one has neither.",
    );
  }
  if (choice.method !== undefined) {
    const named = find(choice.method);
    if (named !== undefined) return named;
    const names = signatures.map(({ name }) => name);
    throw new InvalidArgumentError(`The model has no method "${choice.method}". ${suggestName(choice.method, names)}`);
  }
  const chosen =
    (choice.hasText ? find("openai_stream_transport") : undefined) ??
    signatures.find(({ kind }) => kind === "server-stream") ??
    find("predict") ??
    signatures[0];
  if (chosen !== undefined) return chosen;
  throw new InvalidArgumentError("The model has no methods.");
}
