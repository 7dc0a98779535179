// The parser alone: for texts of other models, or texts that were stored.
import { parseResponse } from "ocellus";

const thought = '<think>Two red discs.</think><answer>```json\n{"vqa":{"answer":"2"}}\n```</answer>';
const response = parseResponse(thought, { task: "vqa", cot: true });
console.log(`${response.kind}:`, response.kind === "vqa" ? response.result.answer : "", "thinking:", response.thinking);

// What is not in the form of its task is "generic", with the text as it was.
const other = parseResponse("Two.", { task: "vqa" });
console.log(`${other.kind}:`, other.result);
