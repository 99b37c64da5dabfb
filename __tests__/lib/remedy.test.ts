import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillPlaceholders, joinRemedies, remedyCommands, remedyParts, remedyText, shellWord } from "../../src/lib/remedy.ts";
import { wrapCommand } from "../../src/report/remedy.ts";
import { anyCharacter } from "../any-character.ts";

const VALUES = { GROUP: "rg-prod", CLUSTER: "aks-prod", SUBSCRIPTION: "5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90", CLUSTER_ID: "/subscriptions/5f0f3c1e/x", LOCATION: "", CORRELATION_ID: "" };

describe("a remedy", () => {
  const remedy = "Start it:\naz aks start --name CLUSTER\nThen run again.\nkubectl get pods\nkubectl get nodes";

  it("is text, and commands on lines of their own", () => {
    expect(remedyParts(remedy).map(({ kind, lines }) => [kind, lines.length])).toEqual([["text", 1], ["commands", 1], ["text", 1], ["commands", 2]]);
    expect(remedyCommands(remedy)).toEqual(["az aks start --name CLUSTER", "kubectl get pods", "kubectl get nodes"]);
  });

  it("reads as sentences without its commands", () => {
    expect(remedyText(remedy)).toBe("Start it. Then run again.");
    expect(remedyText("Grant it: the role.")).toBe("Grant it: the role.");
  });

  it("takes no sentence that begins with a program's name for a command", () => {
    expect(remedyCommands("azure/login signs in.\nkubectl: not found")).toEqual([]);
  });

  it("joins others, each line once", () => {
    expect(joinRemedies(["Grant it.\naz x", "Grant it.\naz y"])).toBe("Grant it.\naz x\naz y");
  });
});

describe("placeholders", () => {
  it("are filled in in commands only", () => {
    expect(fillPlaceholders("Check GROUP:\naz aks show --resource-group GROUP --name CLUSTER", VALUES)).toBe("Check GROUP:\naz aks show --resource-group rg-prod --name aks-prod");
  });

  it("stay where nothing is known, in quotes, and inside of other words", () => {
    const command = "az x --location LOCATION --data 'GROUP' --other GROUP_OF_THE_IDENTITY --kind MY-GROUPS";
    expect(fillPlaceholders(command, VALUES)).toBe(command);
  });

  it("are told from names in capitals", () => {
    expect(fillPlaceholders(`az x --resource-group ${shellWord("LOCATION", "group")}`, { ...VALUES, LOCATION: "westeurope" })).toBe("az x --resource-group 'LOCATION'");
  });

  it("are quoted where a shell would interpret the name", () => {
    expect(fillPlaceholders("az x --resource-group GROUP", { ...VALUES, GROUP: "rg(old)" })).toBe("az x --resource-group 'rg(old)'");
  });

  it("never bring a shell's syntax into a command, whatever Azure calls a cluster", () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (name) => {
        const filled = fillPlaceholders("az x --name CLUSTER --group GROUP", { ...VALUES, CLUSTER: name, GROUP: name }).replaceAll(/'[\w./()-]*'/g, "");
        expect(filled).toMatch(/^[\w ./-]*$/);
        expect(shellWord(name, "name")).toMatch(/^(?:[\w.-]+|'[A-Z_]+')$/);
      }),
    );
  });
});

describe("a long command", () => {
  it("is broken before its options", () => {
    expect(wrapCommand('az role assignment create --role "Azure Kubernetes Service RBAC Reader" --scope /subscriptions/5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90')).toEqual([
      'az role assignment create --role "Azure Kubernetes Service RBAC Reader" \\',
      "  --scope /subscriptions/5f0f3c1e-9a3b-4a55-8f5e-2f1c6d7b8a90",
    ]);
  });

  it("says the same to a shell", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9./=-]{0,30}$/);
    const option = fc.tuple(fc.stringMatching(/^--[a-z-]{2,12}$/), fc.oneof(word, word.map((text) => `"${text} ${text}"`), word.map((text) => `'{"a": "${text}"}'`)));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(option, { maxLength: 8 }), (words, options) => {
        const command = ["az", ...words, ...options.flat()].join(" ");
        expect(wrapCommand(command).join("\n").replace(/ \\\n */g, " ")).toBe(command);
      }),
    );
  });
});
