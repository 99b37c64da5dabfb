/**
 * The commands for all clusters with the same cause. Commands come from reports, which are untrusted, and readers paste them: only `az`
 * commands are taken, of words that a shell does not interpret. Pure.
 */
import { clusterParts, type ClusterParts, resourceId } from "../../azure/resource-id.ts";
import { wrapCommand } from "../../report/remedy.ts";
import type { CauseMember } from "./causes.ts";

/** Commands of one cluster, with what names the cluster in them. */
interface ClusterCommands extends ClusterParts {
  readonly commands: readonly string[];
}

/** The lines of a script, and how many clusters it leaves out. */
export interface Script {
  readonly lines: readonly string[];
  readonly leftOut: number;
}

/** A word without quotes, or in one pair of them, of characters that are literal in every shell. */
const WORD = `(?:[A-Za-z0-9][\\w./:=@,-]*|--?[a-z][a-z-]*|/[\\w./-]+|"[\\w ./:=@,()-]*"|'[\\w ./:=@,()-]*')`;
const AZ = new RegExp(`^az(?: ${WORD})+$`);

/**
 * One cluster: its commands. Subscriptions: the commands of each. Several whose commands differ in nothing but the cluster: a loop. None where commands differ otherwise, or
 * belong to one cluster's kubectl context.
 *
 * @param limit how many clusters a loop lists
 */
export function scriptFor(members: readonly CauseMember[], limit: number): Script {
  const isOfSubscriptions = members.every(({ member }) => member.problem?.kind === "not-listed");
  if (isOfSubscriptions) return oneByOne(members);
  const clusters = members.flatMap(commandsOf);
  const templates = new Set(clusters.map((cluster) => cluster.commands.map((command) => templateOf(command, cluster)).join("\n")));
  const [first] = clusters;
  const [template = ""] = templates;
  if (first === undefined || templates.size > 1 || clusters.length < members.length) return { lines: [], leftOut: 0 };
  if (clusters.length === 1) return { lines: first.commands.flatMap(wrapCommand), leftOut: 0 };
  const shown = clusters.slice(0, limit);
  return {
    lines: [
      // Not from standard input: az may ask a question.
      "while read -r subscription group name <&3; do",
      ...template.split("\n").flatMap((command) => wrapCommand(command).map((line) => `  ${line}`)),
      "done 3<<'CLUSTERS'",
      ...shown.map(({ subscriptionId, resourceGroup, name }) => `${subscriptionId} ${resourceGroup} ${name}`),
      "CLUSTERS",
    ],
    leftOut: clusters.length - shown.length,
  };
}

/** How many commands are written out one by one. */
const MAX_COMMANDS = 10;

/** The commands for subscriptions that could not be listed, each once. */
function oneByOne(members: readonly CauseMember[]): Script {
  const commands = [...new Set(members.flatMap((member) => member.commands))].filter((command) => AZ.test(command));
  return { lines: commands.slice(0, MAX_COMMANDS).flatMap(wrapCommand), leftOut: Math.max(0, commands.length - MAX_COMMANDS) };
}

function commandsOf({ member, commands }: CauseMember): readonly ClusterCommands[] {
  const parts = clusterParts(member.report?.clusterId ?? "");
  return parts === undefined || commands.length === 0 || !commands.every((command) => AZ.test(command)) ? [] : [{ ...parts, commands }];
}

/** The command with variables for what names the cluster. */
function templateOf(command: string, cluster: ClusterParts): string {
  const variables: ReadonlyMap<string, readonly [value: string, variable: string]> = new Map([
    ["--subscription", [cluster.subscriptionId, "$subscription"]],
    ["--resource-group", [cluster.resourceGroup, "$group"]],
    ["--name", [cluster.name, "$name"]],
    ["--scope", [resourceId(cluster), resourceId({ subscriptionId: "$subscription", resourceGroup: "$group", name: "$name" })]],
  ]);
  const words = command.match(/"[^"]*"|'[^']*'|[^\s'"]+/g) ?? [];
  return words
    .map((word, index) => {
      const [value, variable] = variables.get(words[index - 1] ?? "") ?? [];
      return value !== undefined && word.replace(/^(["'])(.*)\1$/, "$2").toLowerCase() === value.toLowerCase() ? `"${variable ?? ""}"` : word;
    })
    .join(" ");
}
