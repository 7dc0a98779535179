import { freeformSystemPrompt } from "./freeform-system-prompt.ts";
import { phraseGroundingSystemPrompt } from "./phrase-grounding-system-prompt.ts";
import type { TaskDefinition } from "./task-definition.ts";
import type { TaskName } from "./task-name.ts";
import { videoFreeformSystemPrompt } from "./video-freeform-system-prompt.ts";
import { vqaSystemPrompt } from "./vqa-system-prompt.ts";

/** Every task as data, by name. The texts are those that checkpoints fine-tuned on the Datature platform expect. */
export const taskDefinitions: Readonly<Record<TaskName, TaskDefinition>> = {
  vqa: {
    task: "vqa",
    kind: "vqa",
    defaultPrompt: "What is in this image?",
    systemPrompt: vqaSystemPrompt,
    jsonKey: "vqa",
  },
  "phrase-grounding": {
    task: "phrase-grounding",
    kind: "phrase-grounding",
    defaultPrompt: "Analyze, describe and locate all visible objects in this image.",
    systemPrompt: phraseGroundingSystemPrompt,
    jsonKey: "phrase_grounding",
  },
  freeform: {
    task: "freeform",
    kind: "freeform",
    defaultPrompt: "Analyze and describe this image in detail.",
    systemPrompt: freeformSystemPrompt,
    jsonKey: "freeform",
  },
  "video-freeform": {
    task: "video-freeform",
    kind: "freeform",
    defaultPrompt: "Analyze and describe this video in detail.",
    systemPrompt: videoFreeformSystemPrompt,
    jsonKey: "freeform",
  },
  generic: { task: "generic", kind: "generic", defaultPrompt: "", systemPrompt: "", jsonKey: null },
};
