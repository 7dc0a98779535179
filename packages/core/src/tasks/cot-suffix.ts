/** What `cot` appends to the system prompt, without a separator: the form that checkpoints were fine-tuned with. */
export const cotSuffix: string =
  "Answer the question in the following format: <think>your reasoning</think>\n" +
  "Write your final answer immediately after the </think> tag in the following format: <answer>your answer</answer>";
