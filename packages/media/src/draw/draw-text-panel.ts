import type { SKRSContext2D } from "@napi-rs/canvas";
import { fontOf } from "./bundled-font.ts";
import { layoutText, type TextLine, type TextSpan } from "./layout-text.ts";
import type { CanvasArea } from "./place-shapes.ts";

/** Colours of a panel. */
export const panelColors = {
  background: "#0f172a",
  heading: "#94a3b8",
  text: "#f1f5f9",
  thinking: "#cbd5e1",
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
 * Lays out a dark panel of text sections. When the text needs more than `maxHeight`, the lines are shared: short
 * sections stay whole, long ones are cut to equal parts of what is left, with an ellipsis.
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
  const lineCount = Math.max(sections.length, Math.floor((maxHeight - fixed) / lineStep));
  const layOut = ({ spans }: PanelSection, maxLines: number): readonly TextLine[] =>
    layoutText(measuring, spans, { fontSize, width: width - 2 * margin, maxLines });
  const shares = shareLines(
    sections.map((section) => layOut(section, lineCount).length),
    lineCount,
  );
  const blocks = sections.map((section, index) => ({
    heading: section.heading,
    lines: layOut(section, shares[index]!),
  }));
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

/** Lines for every section: the least demanding first, so that what they leave goes to the others. At least one each. */
function shareLines(needs: readonly number[], total: number): readonly number[] {
  const shares = new Array<number>(needs.length).fill(1);
  const ascending = needs.map((_, index) => index).sort((a, b) => needs[a]! - needs[b]!);
  let left = total;
  for (const [rank, index] of ascending.entries()) {
    shares[index] = Math.max(1, Math.min(needs[index]!, Math.floor(left / (needs.length - rank))));
    left -= shares[index];
  }
  return shares;
}

function drawLine(context: SKRSContext2D, line: TextLine, left: number, baseline: number, fontSize: number): void {
  for (const { text, color, weight, x } of line) {
    context.fillStyle = color;
    context.font = fontOf(fontSize, weight);
    context.fillText(text, left + x, baseline);
  }
}
