import { checkKnownKeys, describeValue, InvalidArgumentError, type ToolDefinition } from "@ocellus/core";

/** Whether the model may, must or must not ask for functions; `{ name }` for this one. */
export type ToolChoice = "auto" | "none" | "required" | { readonly name: string };

/**
 * The fields of a request that declare functions; none without tools.
 *
 * @throws InvalidArgumentError for what is no tool, names that repeat, or a choice that names none of them
 */
export function toolFields(
  tools: readonly ToolDefinition[] | undefined,
  choice: ToolChoice | undefined,
): Readonly<Record<string, unknown>> {
  if (tools === undefined && choice === undefined) return {};
  if (!Array.isArray(tools) || tools.length === 0 || tools.length > 1024) {
    throw new InvalidArgumentError("options.tools must be a list of 1 to 1024 tools.");
  }
  const declared = (tools as readonly ToolDefinition[]).map(declare);
  const names = declared.map(({ function: { name } }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new InvalidArgumentError(`options.tools has two tools with the name "${twice}".`);
  return { tools: declared, ...(choice === undefined ? {} : { tool_choice: wireChoice(choice, names) }) };
}

function declare(tool: ToolDefinition, place: number): { type: string; function: { name: string } } {
  const path = `options.tools[${place}]`;
  if (typeof tool !== "object" || tool === null) {
    throw new InvalidArgumentError(`${path} must be { name, description, parameters }; got ${describeValue(tool)}.`);
  }
  checkKnownKeys(tool, ["name", "description", "parameters"], path);
  const { name, description, parameters = { type: "object", properties: {} } } = tool;
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name)) {
    throw new InvalidArgumentError(
      `${path}.name must be 1 to 64 letters, digits, "_" and "-"; got ${describeValue(name)}.`,
    );
  }
  if (description !== undefined && typeof description !== "string") {
    throw new InvalidArgumentError(`${path}.description must be a text; got ${describeValue(description)}.`);
  }
  if (typeof parameters !== "object" || parameters === null || Array.isArray(parameters)) {
    throw new InvalidArgumentError(`${path}.parameters must be a JSON Schema; got ${describeValue(parameters)}.`);
  }
  return {
    type: "function",
    function: { name, ...(description === undefined ? {} : { description }), parameters } as { name: string },
  };
}

function wireChoice(choice: ToolChoice, names: readonly string[]): unknown {
  if (choice === "auto" || choice === "none" || choice === "required") return choice;
  const name = typeof choice === "object" && choice !== null ? choice.name : undefined;
  if (name !== undefined && names.includes(name)) return { type: "function", function: { name } };
  throw new InvalidArgumentError(
    `options.toolChoice must be "auto", "none", "required" or the name of one of the tools, { name }; got ${describeValue(name ?? choice)}.`,
  );
}
