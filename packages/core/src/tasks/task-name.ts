/** The tasks that have a prompt and a form of answer of their own, under their wire names. */
export type TaskName = "vqa" | "phrase-grounding" | "freeform" | "video-freeform" | "generic";

/** What the option `task` of a call accepts; `auto` is what the checkpoint or run says, else `generic`. */
export type TaskOption = "auto" | TaskName;

/** All task names in the order of the documentation. */
export const taskNames: readonly TaskName[] = ["vqa", "phrase-grounding", "freeform", "video-freeform", "generic"];
