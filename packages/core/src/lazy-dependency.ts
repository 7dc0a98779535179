import { MissingDependencyError } from "./errors/missing-dependency-error.ts";

/**
 * Loads an optional or native package when it is first needed.
 *
 * @param packageName npm name, for the message
 * @param load the import itself, `() => import("sharp")`, so that bundlers see it
 * @param installHint the command that installs it; `npm install <packageName>` by default
 * @throws MissingDependencyError when the import fails, with the reason as its cause
 */
export async function importOptional<Module>(
  packageName: string,
  load: () => Promise<Module>,
  installHint: string = `npm install ${packageName}`,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    const message = `The package "${packageName}" is needed here and could not be loaded (${reason}). Install it with: ${installHint}`;
    throw new MissingDependencyError(message, { packageName, installHint, cause });
  }
}
