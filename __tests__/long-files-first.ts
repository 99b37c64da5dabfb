/** The order of test files. In a first run vitest begins with the largest files, and some short ones take longest: then one of them is left at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The longest one, and those that start many processes. */
const BEGIN = [/\/worlds\//, /__tests__\/(?:e2e|faults|oracles)\/|transports|script\.test|budgets|tags/];

/** Files that take long come first, within the order that vitest gives. */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => [...BEGIN, /./].findIndex((pattern) => pattern.test(moduleId));
    return sorted.toSorted((one, other) => rank(one) - rank(other));
  }
}
