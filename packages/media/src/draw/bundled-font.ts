import { readFileSync } from "node:fs";

/** The scripts that the bundled font (Inter, SIL Open Font License) covers; one file each per weight. */
const scripts = ["latin", "latin-ext", "greek", "cyrillic", "vietnamese"] as const;

/** The weights that are bundled. */
export type FontWeight = 400 | 600;

const familyOf = (script: string): string => `Ocellus Inter ${script}`;
const families = [...scripts.map((script) => `"${familyOf(script)}"`), "sans-serif"].join(", ");

/**
 * A CSS font value of the bundled font: glyphs are looked up script by script, then among the system's fonts (Chinese,
 * Japanese, Korean, Arabic and emoji appear only where the system has a font for them).
 *
 * @param size in pixels
 */
export const fontOf = (size: number, weight: FontWeight): string => `${weight} ${size}px ${families}`;

/** Registers the bundled font, so that text also appears in containers without any font. */
export function registerBundledFont(fonts: {
  register(font: Buffer, nameAlias?: string): unknown;
  has(name: string): boolean;
}): void {
  for (const script of scripts) {
    if (fonts.has(familyOf(script))) continue;
    for (const weight of [400, 600] satisfies FontWeight[]) {
      const file = new URL(`../../assets/fonts/inter-${script}-${weight}-normal.woff2`, import.meta.url);
      fonts.register(readFileSync(file), familyOf(script));
    }
  }
}
