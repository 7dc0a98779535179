import type { PromptSample, Sample, SamplePart, SampleQuestion } from "ocellus-tiny";

/** A sample picture and what is asked about it, in this order. */
export interface ChosenPicture {
  readonly sample: Sample;
  readonly questions: readonly SampleQuestion[];
}

const plainQuestions = 2;
const promptQuestions = 3;

/**
 * A short tour of four pictures: for each two plain questions on topics that have not come up, at most one that thinks
 * first in the whole tour, and the search for all objects.
 */
export function chooseQuestions(samples: readonly Sample[]): readonly ChosenPicture[] {
  const topics = new Set<string>();
  let hasThought = false;
  return choosePictures(samples).map((sample) => {
    const fresh = sample.questions.filter(({ kind, topic }) => kind === "answer" && !topics.has(topic));
    const known = sample.questions.filter(({ kind, topic }) => kind === "answer" && topics.has(topic));
    const plain = [...fresh, ...known].slice(0, plainQuestions);
    for (const { topic } of plain) topics.add(topic);
    const thinking = hasThought ? undefined : sample.questions.find(isThought);
    hasThought ||= thinking !== undefined;
    const search = sample.questions.findLast(({ kind }) => kind === "phrase-grounding");
    return { sample, questions: [...plain, thinking, search].filter((question) => question !== undefined) };
  });
}

/**
 * Two pictures in one prompt, and a clip that every machine can read: of each the first, with at most three plain
 * questions.
 */
export function choosePrompts(samples: readonly PromptSample[]): readonly PromptSample[] {
  const pair = samples.find(({ parts }) => parts.length > 1 && parts.every(({ type }) => type === "image"));
  const clip = samples.find(({ parts }) => parts.some(isAnimation));
  return [pair, clip]
    .filter((sample) => sample !== undefined)
    .map((sample) => ({
      ...sample,
      questions: sample.questions.filter(({ kind }) => kind === "answer").slice(0, promptQuestions),
    }));
}

/** Whether a part is a clip that needs no FFmpeg. */
function isAnimation(part: SamplePart): boolean {
  return part.type === "video" && "source" in part && part.source.endsWith(".gif");
}

/** Of each style the picture with the most objects, and among the others the first that can be thought about. */
function choosePictures(samples: readonly Sample[]): readonly Sample[] {
  const richest = samples.toSorted((a, b) => objectsIn(b) - objectsIn(a));
  return (["generated", "hand-made"] as const).flatMap((style) => {
    const [first, ...others] = richest.filter((sample) => sample.style === style);
    const second = others.find(({ questions }) => questions.some(isThought)) ?? others[0];
    return [first, second].filter((sample) => sample !== undefined);
  });
}

function isThought({ kind }: SampleQuestion): boolean {
  return kind === "chain-of-thought";
}

/** Boxes of the longest grounding answer. */
function objectsIn({ questions }: Sample): number {
  const counts = questions
    .filter(({ kind }) => kind === "phrase-grounding")
    .map(({ answer }) => answer.match(/\[\d+(?:,\d+){3}\]/g)?.length ?? 0);
  return Math.max(0, ...counts);
}
