import type { SKRSContext2D } from "@napi-rs/canvas";
import type { DrawingBase } from "./comfortable-size.ts";
import type { Drawing } from "./describe-drawing.ts";
import { createTextPanel, type TextPanel } from "./draw-text-panel.ts";
import type { CanvasArea } from "./place-boxes.ts";

/** Where picture and panel go on the canvas. */
export interface Arrangement {
  readonly width: number;
  readonly height: number;
  readonly pictureArea: CanvasArea;
  readonly panel: TextPanel;
  readonly panelArea: CanvasArea;
}

/** Captions in a strip on top; answers in a column beside the picture, or in a strip below when the picture is wide. */
export function arrangePanel(
  context: SKRSContext2D,
  { picture, fontSize }: DrawingBase,
  { sections, place }: Pick<Drawing, "sections" | "place">,
): Arrangement {
  const { width, height } = picture;
  // About 26 characters a line; narrower text is tiresome to read.
  const leastWidth = Math.round(fontSize * 15);
  const leastHeight = Math.round(fontSize * 12);
  if (place === "beside" && width < height * 1.3 && height >= leastHeight) {
    const panelWidth = Math.max(leastWidth, Math.round(width * 0.5));
    const panel = createRoomyPanel(context, sections, { fontSize, width: panelWidth, maxHeight: height });
    const total = Math.max(height, panel.height);
    return {
      width: width + panelWidth,
      height: total,
      pictureArea: { left: 0, top: Math.floor((total - height) / 2), width, height },
      panel,
      panelArea: { left: width, top: 0, width: panelWidth, height: total },
    };
  }
  const total = Math.max(width, leastWidth);
  const maxHeight = Math.max(leastHeight, Math.round(height * 0.6));
  const panel = createTextPanel(context, sections, { fontSize, width: total, maxHeight });
  const isOnTop = place === "top";
  return {
    width: total,
    height: height + panel.height,
    pictureArea: { left: Math.floor((total - width) / 2), top: isOnTop ? panel.height : 0, width, height },
    panel,
    panelArea: { left: 0, top: isOnTop ? 0 : height, width: total, height: panel.height },
  };
}

/** Short texts are set larger, as long as they fill no more than two thirds of the column. */
function createRoomyPanel(
  context: SKRSContext2D,
  sections: Drawing["sections"],
  options: { readonly fontSize: number; readonly width: number; readonly maxHeight: number },
): TextPanel {
  for (const factor of [1.5, 1.25]) {
    const fontSize = Math.round(options.fontSize * factor);
    const panel = createTextPanel(context, sections, { ...options, fontSize });
    if (panel.height <= (options.maxHeight * 2) / 3) return panel;
  }
  return createTextPanel(context, sections, options);
}
