import { boxGridSize, type PredictionResponse } from "@ocellus/core";
import type { Picture } from "../image/picture.ts";
import { assignColors } from "./color-palette.ts";
import { type PanelSection, panelColors } from "./draw-text-panel.ts";
import { highlightPhrases } from "./highlight-phrases.ts";
import type { LabeledShape } from "./shape.ts";

/** The part of a response that is drawn. */
export type DrawableResponse = Pick<PredictionResponse, "kind" | "prompt" | "result"> &
  Partial<Pick<PredictionResponse, "thinking">>;

/** What to draw: text sections, and shapes in pixels of the original picture. */
export interface Drawing {
  readonly sections: readonly PanelSection[];
  readonly shapes: readonly LabeledShape[];
  /** Captions stand above the picture, answers beside it (below, if it is wide). */
  readonly place: "top" | "beside";
  /** More sections, for a column beside the picture and its caption. */
  readonly aside: readonly PanelSection[];
}

/** Says what is drawn for each kind of response. Thinking stands between question and answer, or beside a caption. */
export function describeDrawing(response: PredictionResponse, picture: Picture): Drawing {
  const drawing = describeAnswer(response, picture);
  // A drawable response need not have it at all.
  const text = response.thinking?.trim() ?? "";
  if (text === "") return { ...drawing, aside: [] };
  const thinking = plain("Thinking", text, panelColors.thinking);
  if (drawing.place === "top") return { ...drawing, aside: [thinking] };
  const sections = [...drawing.sections.slice(0, -1), thinking, ...drawing.sections.slice(-1)];
  return { ...drawing, sections, aside: [] };
}

function plain(heading: string, text: string, color: string = panelColors.text): PanelSection {
  return { heading, spans: [{ text, color, weight: 400 }] };
}

function describeAnswer(response: PredictionResponse, picture: Picture): Omit<Drawing, "aside"> {
  switch (response.kind) {
    case "phrase-grounding": {
      const { sentence, groundings } = response.result;
      const phrases = groundings.map(({ phrase }) => phrase);
      const colorOf = assignColors(phrases);
      const spans = highlightPhrases(sentence, phrases, colorOf, panelColors.text);
      return { sections: [{ heading: "Caption", spans }], shapes: groundedBoxes(groundings, picture), place: "top" };
    }
    case "vqa": {
      const answer: PanelSection = {
        heading: "Answer",
        spans: [{ text: response.result.answer, color: panelColors.answer, weight: 600 }],
      };
      return { sections: [plain("Question", response.prompt), answer], shapes: [], place: "beside" };
    }
    case "freeform":
      return { sections: [plain("Caption", response.result.caption)], shapes: [], place: "top" };
    case "generic":
      return { sections: [plain("Answer", response.result)], shapes: [], place: "top" };
    case "structured":
      return { sections: [plain("Answer", JSON.stringify(response.result, null, 2))], shapes: [], place: "beside" };
  }
}

function groundedBoxes(
  groundings: readonly { readonly phrase: string; readonly grounding: readonly (readonly number[])[] }[],
  { width, height }: Picture,
): LabeledShape[] {
  return groundings.flatMap(({ phrase, grounding }) =>
    grounding.map((box) => {
      const [x0, y0, x1, y1] = box.map((value, i) => (value / boxGridSize) * (i % 2 === 0 ? width : height));
      return { box: [x0!, y0!, x1!, y1!] as const, label: phrase };
    }),
  );
}
