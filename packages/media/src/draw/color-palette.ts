/** Vivid colours, neighbours far apart in hue; all of them stand out from dark panels and from most photographs. */
export const colorPalette: readonly string[] = [
  "#ff4d5e",
  "#3b9dff",
  "#ffb020",
  "#a66bff",
  "#2fd36b",
  "#ff5ccb",
  "#22d8e6",
  "#c9ee2b",
  "#d9a679",
  "#b8c4ff",
];

const normalise = (label: string): string => label.trim().toLowerCase();

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Colours for the labels of one picture. A label keeps its colour from picture to picture (its hash chooses it) unless
 * another label of the same picture has taken it; up to ten labels all differ. Case and outer space do not matter.
 *
 * @returns a lookup; labels outside of `labels` also get a colour
 */
export function assignColors(labels: readonly string[]): (label: string) => string {
  const slots = new Map<string, number>();
  const taken = new Set<number>();
  for (const label of labels.map(normalise)) {
    if (slots.has(label)) continue;
    if (taken.size === colorPalette.length) taken.clear();
    let slot = hashText(label) % colorPalette.length;
    while (taken.has(slot)) slot = (slot + 1) % colorPalette.length;
    taken.add(slot);
    slots.set(label, slot);
  }
  return (label) => {
    const name = normalise(label);
    return colorPalette[slots.get(name) ?? hashText(name) % colorPalette.length]!;
  };
}

/**
 * Near-black or white, whichever has the higher contrast on `background` (relative luminance of WCAG 2).
 *
 * @param background `#rrggbb`
 */
export function readableTextColor(background: string): "#0b1220" | "#ffffff" {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(background.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.179 ? "#0b1220" : "#ffffff";
}
