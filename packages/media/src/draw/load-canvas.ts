import { MissingDependencyError } from "@ocellus/core";
import { registerBundledFont } from "./bundled-font.ts";

/** The module `@napi-rs/canvas`. */
export type CanvasModule = typeof import("@napi-rs/canvas");

let loading: Promise<CanvasModule> | undefined;

/**
 * Loads `@napi-rs/canvas` on first use, with the bundled font registered; nothing else in this package may import it.
 *
 * @throws MissingDependencyError when it is not installed or has no binary for this platform
 */
export function loadCanvas(): Promise<CanvasModule> {
  loading ??= import("@napi-rs/canvas").then(
    (canvas) => {
      registerBundledFont(canvas.GlobalFonts);
      return canvas;
    },
    (cause: unknown) => {
      throw new MissingDependencyError(
        "Drawing needs the package @napi-rs/canvas, which could not be loaded. Install it: npm install @napi-rs/canvas",
        { packageName: "@napi-rs/canvas", installHint: "npm install @napi-rs/canvas", cause },
      );
    },
  );
  return loading;
}
