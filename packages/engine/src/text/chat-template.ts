import { Template } from "@huggingface/jinja";
import { GenerationError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";
import { joinParts, mapTexts, type TemplateMessage } from "./chat-message.ts";
import { findChatTemplate } from "./find-chat-template.ts";
import { readJsonObject } from "./json-object.ts";
import { type NamedSpecialTokens, namedSpecialTokens } from "./special-tokens.ts";

/** Further variables of a template: `add_generation_prompt` and whatever else the model's template reads. */
export interface RenderOptions {
  /** End with the header of the assistant's turn (default true). */
  readonly addGenerationPrompt?: boolean;
  /** Variables by the names that the template uses, for example `enable_thinking` or `add_vision_id`. */
  readonly templateOptions?: { readonly [name: string]: unknown };
}

/** A checkpoint's chat template: messages to the prompt text. */
export interface ChatTemplate {
  /**
   * The prompt of `messages`, with one placeholder per picture or video.
   *
   * @throws GenerationError with the template's own message when the template refuses the messages.
   * @throws InvalidArgumentError when `templateOptions` sets a name that is not free.
   */
  render(messages: readonly TemplateMessage[], options?: RenderOptions): string;
  /** The template's text. */
  readonly source: string;
  /** The file that the template came from. */
  readonly file: string;
}

/** What a family knows of its prompts beyond the chat templates of its checkpoints. */
export interface PlainPrompt {
  /** What stands for a picture in the text of a message, for templates that take no lists of parts. */
  readonly imageMark: string;
  /** The chat template of checkpoints that come without one. */
  readonly template?: string;
}

/** Real templates have a few thousand characters; anything much longer is not one. */
const maxTemplateCharacters = 1 << 20;

/** Names that `templateOptions` may not set: our own variables and the globals of the interpreter. */
const reservedNames: ReadonlySet<string> = new Set([
  ...["messages", "tools", "documents", "add_generation_prompt"],
  ...["raise_exception", "strftime_now", "range", "namespace", "true", "false", "none", "True", "False", "None"],
]);

/**
 * Finds and compiles the chat template of a checkpoint. The template is the only thing in a checkpoint that is ever
 * interpreted, by a Jinja interpreter that has no access to files, network or JavaScript objects.
 *
 * @throws ModelLoadError when there is none, or it is not valid Jinja.
 */
export async function loadChatTemplate(files: CheckpointFiles, plain?: PlainPrompt): Promise<ChatTemplate> {
  const { source, file } = await findChatTemplate(files, plain?.template);
  const config = files.has("tokenizer_config.json") ? await readJsonObject(files, "tokenizer_config.json") : {};
  return compileChatTemplate(source, namedSpecialTokens(config), file, plain?.imageMark);
}

/**
 * Compiles a template's text.
 *
 * @param named bos_token, eos_token … as the template sees them
 * @param file named in errors
 * @param imageMark stands for a picture where the template takes no lists of parts
 * @throws ModelLoadError when it is not valid Jinja.
 */
export function compileChatTemplate(
  source: string,
  named: NamedSpecialTokens,
  file = "chat template",
  imageMark?: string,
): ChatTemplate {
  if (source.length > maxTemplateCharacters) {
    throw new ModelLoadError(`${file} has ${source.length} characters; at most ${maxTemplateCharacters} are read.`);
  }
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    throw new ModelLoadError(`${file} is not a valid chat template: ${(error as Error).message}`, { cause: error });
  }
  const takesParts = imageMark === undefined || rendersParts(template, named);

  return {
    source,
    file,
    render(messages, { addGenerationPrompt = true, templateOptions = {} } = {}) {
      const taken = Object.keys(templateOptions).find((name) => reservedNames.has(name));
      if (taken !== undefined) throw new InvalidArgumentError(`templateOptions must not set "${taken}".`);
      try {
        return template.render({
          ...named,
          ...templateOptions,
          messages: takesParts ? mapTexts(messages, (text) => text) : joinParts(messages, imageMark),
          tools: null,
          documents: null,
          add_generation_prompt: addGenerationPrompt,
        });
      } catch (error) {
        throw new GenerationError(`The chat template refused the messages: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}

/** True when a template writes the texts of a list of parts, and not the list itself or nothing at all. */
function rendersParts(template: Template, named: NamedSpecialTokens): boolean {
  const [text, foreignKey] = ["\u{f0000}", "\u{f0001}"];
  const content = [{ type: "text", text, [foreignKey]: true }];
  try {
    const messages = [{ role: "user", content }];
    const rendered = template.render({ ...named, messages, add_generation_prompt: true });
    return rendered.includes(text) && !rendered.includes(foreignKey);
  } catch {
    return false;
  }
}
