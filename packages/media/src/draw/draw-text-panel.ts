import type { SKRSContext2D } from "@napi-rs/canvas";
import { fontOf } from "./bundled-font.ts";
import { layoutText, type TextLine, type TextSpan } from "./layout-text.ts";
import type { CanvasArea } from "./place-boxes.ts";

/** Colours of a panel. */
export const panelColors = {
  background: "#0f172a",
  heading: "#94a3b8",
  text: "#f1f5f9",
  answer: "#7dd3fc",
  rule: "#334155",
} as const;

/** A stretch of text under a small heading. */
export interface PanelSection {
  readonly heading: string;
  readonly spans: readonly TextSpan[];
}

/** A panel that is measured and can be drawn. */
export interface TextPanel {
  /** Height that the text needs, in pixels. */
  readonly height: number;
  /** Fills the area and writes the text from its top; the area has the width that was laid out. */
  draw(context: SKRSContext2D, area: CanvasArea): void;
}

const lineHeight = 1.42;
const headingScale = 0.68;

/**
 * Lays out a dark panel of text sections. When the text needs more than `maxHeight`, every section but the last is cut
 * to its share of the lines, the last one to what is left, each with an ellipsis.
 *
 * @param measuring any context with the bundled font; only its font is changed
 * @param width of the panel in pixels, margins included
 */
export function createTextPanel(
  measuring: SKRSContext2D,
  sections: readonly PanelSection[],
  { fontSize, width, maxHeight }: { readonly fontSize: number; readonly width: number; readonly maxHeight: number },
): TextPanel {
  const margin = Math.round(fontSize * 0.9);
  const lineStep = Math.round(fontSize * lineHeight);
  const headingSize = Math.max(10, Math.round(fontSize * headingScale));
  const headingStep = Math.round(headingSize * 1.7);
  const gap = Math.round(fontSize * 1.3);
  const fixed = 2 * margin + sections.length * headingStep + (sections.length - 1) * gap;
  let linesLeft = Math.max(sections.length, Math.floor((maxHeight - fixed) / lineStep));
  const blocks = sections.map(({ heading, spans }, index) => {
    const after = sections.length - 1 - index;
    const maxLines = after === 0 ? linesLeft : Math.max(1, Math.floor(linesLeft / (after + 1)));
    const lines = layoutText(measuring, spans, { fontSize, width: width - 2 * margin, maxLines });
    linesLeft -= lines.length;
    return { heading, lines };
  });
  const height = fixed + blocks.reduce((sum, { lines }) => sum + lines.length * lineStep, 0);

  const draw = (context: SKRSContext2D, { left, top, height: drawnHeight }: CanvasArea): void => {
    context.fillStyle = panelColors.background;
    context.fillRect(left, top, width, drawnHeight);
    context.textBaseline = "alphabetic";
    let y = top + margin;
    blocks.forEach(({ heading, lines }, index) => {
      if (index > 0) {
        context.fillStyle = panelColors.rule;
        context.fillRect(left + margin, y + Math.floor(gap * 0.42), width - 2 * margin, 1);
        y += gap;
      }
      context.fillStyle = panelColors.heading;
      context.font = fontOf(headingSize, 600);
      context.letterSpacing = `${(headingSize / 12).toFixed(1)}px`;
      context.fillText(heading.toUpperCase(), left + margin, y + headingSize);
      context.letterSpacing = "0px";
      y += headingStep;
      for (const line of lines) {
        drawLine(context, line, left + margin, y + Math.round(fontSize * 1.02), fontSize);
        y += lineStep;
      }
    });
  };
  return { height, draw };
}

function drawLine(context: SKRSContext2D, line: TextLine, left: number, baseline: number, fontSize: number): void {
  for (const { text, color, weight, x } of line) {
    context.fillStyle = color;
    context.font = fontOf(fontSize, weight);
    context.fillText(text, left + x, baseline);
  }
}
