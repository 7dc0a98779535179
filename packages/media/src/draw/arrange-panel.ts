import type { SKRSContext2D } from "@napi-rs/canvas";
import type { DrawingBase } from "./comfortable-size.ts";
import type { Drawing } from "./describe-drawing.ts";
import { createTextPanel, type PanelSection, type TextPanel } from "./draw-text-panel.ts";
import type { CanvasArea } from "./place-shapes.ts";

/** A panel with its place on the canvas. */
export interface PlacedPanel {
  readonly panel: TextPanel;
  readonly area: CanvasArea;
}

/** Where picture and panels go on the canvas. */
export interface Arrangement {
  readonly width: number;
  readonly height: number;
  readonly pictureArea: CanvasArea;
  readonly panels: readonly PlacedPanel[];
}

/**
 * Captions in a strip on top; answers in a column beside the picture, or in a strip below when the picture is wide. What
 * stands aside goes beside or below both.
 */
export function arrangePanel(
  context: SKRSContext2D,
  base: DrawingBase,
  { sections, place, aside }: Pick<Drawing, "sections" | "place" | "aside">,
): Arrangement {
  const main =
    place === "beside" ? arrangeBeside(context, base, sections) : arrangeStrip(context, base, sections, true);
  return aside.length === 0 ? main : addAside(context, base, main, aside);
}

function arrangeBeside(context: SKRSContext2D, base: DrawingBase, sections: readonly PanelSection[]): Arrangement {
  const { picture, fontSize } = base;
  const { width, height } = picture;
  if (!hasRoomBeside(width, height, fontSize)) return arrangeStrip(context, base, sections, false);
  const panelWidth = columnWidth(base);
  const panel = createRoomyPanel(context, sections, { fontSize, width: panelWidth, maxHeight: height });
  const total = Math.max(height, panel.height);
  return {
    width: width + panelWidth,
    height: total,
    pictureArea: { left: 0, top: Math.floor((total - height) / 2), width, height },
    panels: [{ panel, area: { left: width, top: 0, width: panelWidth, height: total } }],
  };
}

function arrangeStrip(
  context: SKRSContext2D,
  { picture, fontSize }: DrawingBase,
  sections: readonly PanelSection[],
  isOnTop: boolean,
): Arrangement {
  const { width, height } = picture;
  const total = Math.max(width, leastColumn(fontSize));
  const maxHeight = Math.max(leastHeight(fontSize), Math.round(height * 0.6));
  const panel = createTextPanel(context, sections, { fontSize, width: total, maxHeight });
  return {
    width: total,
    height: height + panel.height,
    pictureArea: { left: Math.floor((total - width) / 2), top: isOnTop ? panel.height : 0, width, height },
    panels: [{ panel, area: { left: 0, top: isOnTop ? 0 : height, width: total, height: panel.height } }],
  };
}

function addAside(
  context: SKRSContext2D,
  base: DrawingBase,
  main: Arrangement,
  sections: readonly PanelSection[],
): Arrangement {
  const { fontSize } = base;
  if (hasRoomBeside(main.width, main.height, fontSize)) {
    const width = columnWidth(base);
    const panel = createTextPanel(context, sections, { fontSize, width, maxHeight: main.height });
    const height = Math.max(main.height, panel.height);
    const placed = { panel, area: { left: main.width, top: 0, width, height } };
    return { ...main, width: main.width + width, height, panels: [...main.panels, placed] };
  }
  const maxHeight = Math.max(leastHeight(fontSize), main.height);
  const panel = createTextPanel(context, sections, { fontSize, width: main.width, maxHeight });
  const placed = { panel, area: { left: 0, top: main.height, width: main.width, height: panel.height } };
  return { ...main, height: main.height + panel.height, panels: [...main.panels, placed] };
}

function hasRoomBeside(width: number, height: number, fontSize: number): boolean {
  return width < height * 1.3 && height >= leastHeight(fontSize);
}

function columnWidth({ picture, fontSize }: DrawingBase): number {
  return Math.max(leastColumn(fontSize), Math.round(picture.width * 0.5));
}

/** About 26 characters a line; narrower text is tiresome to read. */
function leastColumn(fontSize: number): number {
  return Math.round(fontSize * 15);
}

function leastHeight(fontSize: number): number {
  return Math.round(fontSize * 12);
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
