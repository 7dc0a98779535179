import { InvalidArgumentError } from "@ocellus/core";
import { resolveInsideFolder } from "./resolve-inside-folder.ts";

const name = /^[a-z\d](?:[\w.-]*[a-z\d_])?$/i;
const commit = /^[\da-f]{40}$/;
const maxIdLength = 96;

/** True for `org/name` by the naming rules of the Hub. A path such as `./org/name` is none. */
export function isHubId(text: string): boolean {
  const parts = text.split("/");
  const isNamed = parts.length === 2 && parts.every((part) => name.test(part));
  return isNamed && text.length <= maxIdLength && !/--|\.\.|\.git$/.test(text);
}

/** @throws InvalidArgumentError unless `id` is the id of a model at the Hub */
export function checkHubId(id: string): void {
  if (typeof id === "string" && isHubId(id)) return;
  throw new InvalidArgumentError(
    `${JSON.stringify(id)} is not the id of a model at the Hub; ids look like "Qwen/Qwen2.5-VL-3B-Instruct".`,
  );
}

/** True for a full commit hash, whose content never changes. */
export function isCommit(revision: string): boolean {
  return commit.test(revision);
}

/** @throws InvalidArgumentError unless `revision` can be the name of a branch or tag, or a commit */
export function checkRevision(revision: string): void {
  const isName = typeof revision === "string" && revision.length <= 255 && !/[\s~^?*[\x7f]/.test(revision);
  if (isName && resolveInsideFolder("", revision) !== undefined) return;
  throw new InvalidArgumentError(
    `options.revision must be a branch, a tag or a commit of 40 hexadecimal digits; got ${JSON.stringify(revision)}.`,
  );
}
