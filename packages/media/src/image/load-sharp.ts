import { MissingDependencyError } from "@ocellus/core";

/** The callable default export of `sharp`. */
export type Sharp = typeof import("sharp").default;

let loading: Promise<Sharp> | undefined;

/**
 * Loads `sharp` on first use; nothing else in this package may import it.
 *
 * @throws MissingDependencyError when it is not installed or has no binary for this platform
 */
export function loadSharp(): Promise<Sharp> {
  loading ??= import("sharp").then(
    (module) => module.default,
    (cause: unknown) => {
      throw new MissingDependencyError(
        "Decoding and encoding pictures needs the package sharp, which could not be loaded. Install it: npm install sharp",
        { packageName: "sharp", installHint: "npm install sharp", cause },
      );
    },
  );
  return loading;
}
