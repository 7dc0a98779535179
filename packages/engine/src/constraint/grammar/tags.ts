/**
 * The tags of an answer that thinks first. Readers of the answer look for them everywhere, also inside of strings
 * (core's `splitAnswer`), so no constrained text may contain one that is not meant.
 */
export const tags: { readonly [name in "think" | "endThink" | "answer" | "endAnswer"]: string } = {
  think: "<think>",
  endThink: "</think>",
  answer: "<answer>",
  endAnswer: "</answer>",
};

/** All of them. */
export const allTags: readonly string[] = Object.values(tags);
