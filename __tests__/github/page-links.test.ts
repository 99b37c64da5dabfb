import { expect, it } from "vitest";
import { jobUrl } from "../../src/github/page-links.ts";

const RUN = "https://github.com/contoso/platform/actions/runs/42";

it.each([
  ["the job, by its ID", RUN, "56000000001", `${RUN}/job/56000000001`],
  ["the run without an ID, as on GitHub Enterprise Server", RUN, "", RUN],
  ["the run for an ID that is none", RUN, "7)/../x", RUN],
  ["nothing without a run", "", "56000000001", ""],
])("the link to a job is %s", (_, run, id, expected) => {
  expect(jobUrl(run, id)).toBe(expected);
});
