import { GenerationError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";
import type { TemplateMessage } from "./chat-message.ts";
import { compileChatTemplate, loadChatTemplate } from "./chat-template.ts";

function filesOf(contents: Record<string, unknown>): CheckpointFiles {
  return {
    has: (file) => file in contents,
    readText: async (file) => String(contents[file]),
    readJson: async (file) => contents[file],
  };
}

const messages: TemplateMessage[] = [{ role: "user", content: [{ type: "image" }, { type: "text", text: "hi" }] }];

describe("where the template is found", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["chat_template.jinja", { "chat_template.jinja": "A", "tokenizer_config.json": { chat_template: "B" } }, "A"],
    ["chat_template.json", { "chat_template.json": { chat_template: "A" }, "chat_template.jinja": "B" }, "A"],
    [
      "processor_config.json",
      { "processor_config.json": { chat_template: "A" }, "chat_template.json": { chat_template: "B" } },
      "A",
    ],
    ["tokenizer_config.json", { "processor_config.json": {}, "tokenizer_config.json": { chat_template: "A" } }, "A"],
    [
      "a list",
      {
        "tokenizer_config.json": {
          chat_template: [
            { name: "tool_use", template: "B" },
            { name: "default", template: "A" },
          ],
        },
      },
      "A",
    ],
  ])("%s", async (_, contents, expected) => {
    expect((await loadChatTemplate(filesOf(contents))).render(messages)).toBe(expected);
  });

  test("nowhere: the error names the places", async () => {
    const error = await loadChatTemplate(filesOf({ "tokenizer_config.json": {} })).catch((e: unknown) => e);
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(String(error)).toMatch(/chat_template\.jinja.*tokenizer_config\.json/);
  });

  test("a list without default names what it has", async () => {
    const files = filesOf({ "tokenizer_config.json": { chat_template: [{ name: "rag", template: "x" }] } });
    await expect(loadChatTemplate(files)).rejects.toThrow(/"rag"/);
  });
});

describe("rendering", () => {
  test("special tokens, options and the generation prompt are variables", async () => {
    const source =
      "{{ bos_token }}|{{ eos_token }}|{{ unk_token }}|{{ mode }}|{% if add_generation_prompt %}go{% endif %}";
    const files = filesOf({
      "chat_template.jinja": source,
      "tokenizer_config.json": { bos_token: "<s>", eos_token: { content: "</s>" } },
    });
    const template = await loadChatTemplate(files);
    expect(template.render(messages, { templateOptions: { mode: "m" } })).toBe("<s>|</s>||m|go");
    expect(template.render(messages, { addGenerationPrompt: false })).toBe("<s>|</s>|||");
  });

  test("parts as published templates test for them", () => {
    const source =
      "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for c in m['content'] %}" +
      "{% if c['type'] == 'image' or 'image' in c or 'image_url' in c %}<img>{% elif 'text' in c %}{{ c['text'] }}{% endif %}" +
      "{% endfor %}{% endif %}{% endfor %}";
    expect(compileChatTemplate(source, {}).render([...messages, { role: "assistant", content: "plain" }])).toBe(
      "<img>hiplain",
    );
  });

  test("a template that takes strings only gets the family's mark in the place of a picture", () => {
    const source = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] }}{% endfor %}";
    expect(compileChatTemplate(source, {}, "file", "<image>").render(messages)).toBe("user: <image>hi");
    const parts = "{% for m in messages %}{% for c in m.content %}{{ c.text or '<img>' }}{% endfor %}{% endfor %}";
    expect(compileChatTemplate(parts, {}, "file", "<image>").render(messages)).toBe("<img>hi");
  });

  test("only type and text of a part reach the template", () => {
    const parts = [{ type: "image", source: "secret" }] as never;
    expect(
      compileChatTemplate("{{ messages[0].content | tojson }}", {}).render([{ role: "user", content: parts }]),
    ).toBe('[{"type": "image"}]');
  });
});

describe("errors", () => {
  test("the template's own message", () => {
    const template = compileChatTemplate("{{ raise_exception('Roles must alternate') }}", {});
    expect(() => template.render(messages)).toThrow(GenerationError);
    expect(() => template.render(messages)).toThrow(/Roles must alternate/);
  });

  test("a syntax error is found at load, with the file's name", () => {
    expect(() => compileChatTemplate("{% if %}", {}, "chat_template.jinja")).toThrow(ModelLoadError);
    expect(() => compileChatTemplate("{% for x in %}", {}, "chat_template.jinja")).toThrow(/chat_template\.jinja/);
  });

  test("options cannot replace the messages or the globals", () => {
    const template = compileChatTemplate("x", {});
    expect(() => template.render(messages, { templateOptions: { messages: [] } })).toThrow(InvalidArgumentError);
    expect(() => template.render(messages, { templateOptions: { raise_exception: 1 } })).toThrow(InvalidArgumentError);
  });

  test("a template has no way to JavaScript objects", () => {
    for (const source of [
      "{{ messages.constructor.constructor('return 1')() }}",
      "{{ ''.__proto__ }}",
      "{{ process }}",
      "{{ messages[0].__proto__ }}",
    ]) {
      const render = (): string => compileChatTemplate(source, {}).render(messages);
      let text = "";
      try {
        text = render();
      } catch (error) {
        expect(GenerationError.isInstance(error)).toBe(true);
      }
      expect(text).toBe("");
    }
  });

  test("an enormous template is refused", () => {
    expect(() => compileChatTemplate("x".repeat(2 ** 21), {})).toThrow(ModelLoadError);
  });
});
