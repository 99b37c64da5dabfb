/** The state that GitHub's toolkit keeps in a process. */
import * as core from "@actions/core";
import { context } from "@actions/github";

/** Makes the toolkit read the runner's variables again: it remembers those of the run before. */
export function readVariablesAgain(): void {
  Object.assign(core.summary, { _filePath: undefined });
  Object.assign(context, Reflect.construct(context.constructor, []));
}
