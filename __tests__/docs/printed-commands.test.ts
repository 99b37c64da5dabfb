/** Commands for users can be copied: az asks for the cluster in each command about one. conformance/az has az itself parse them. */
import { describe, expect, it } from "vitest";
import { hasOptions, printedCommands } from "./printed-commands.ts";

/** Commands of az aks that are not about one cluster. */
const NOT_OF_A_CLUSTER = /^az aks (?:mesh get-revisions|list)\b/;

describe("az commands in remedies, documentation and examples", () => {
  const commands = printedCommands();

  it("are found in all three", () => {
    const files = new Set(commands.filter(hasOptions).map(({ file }) => file.split("/")[0]));
    expect([...files].sort()).toEqual(["README.md", "docs", "examples", "src"]);
  });

  it.each(commands.filter((command) => hasOptions(command) && command.text.startsWith("az aks ") && !NOT_OF_A_CLUSTER.test(command.text)))("$file: $text: names the group and the cluster", ({ words }) => {
    expect(words.some((word) => ["-g", "--resource-group", "--ids"].includes(word)), "the resource group").toBe(true);
    expect(words.some((word) => ["-n", "--name", "--cluster-name", "--ids"].includes(word)), "the cluster").toBe(true);
  });

  it("in remedies of checks have their options: a name alone cannot be copied", () => {
    const bare = commands.filter((command) => command.file.startsWith("src/checks/") && !hasOptions(command));
    expect(bare.map(({ file, text }) => `${file}: ${text}`)).toEqual([]);
  });
});
