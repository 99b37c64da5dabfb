/** The messages that examples/drift-check-with-notification.yml sends, to a server on this machine. */
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { textOf } from "./repository.ts";
import type { Step, Workflow } from "./workflow-files.ts";

const { jobs } = parse(textOf("examples/drift-check-with-notification.yml")) as Workflow;
const STEPS = jobs["check"]?.steps ?? [];
/** What a cluster's names could put into a message: ends of strings, of commands and of Markdown. */
const HOSTILE = `aks "prod" $(touch pwned) \`id\` \\ <!channel> [x](https://example.com) *b*\nsecond line`;
const RUN_URL = "https://github.com/contoso/platform/actions/runs/1";

const missing = ["bash", "curl", "jq"].filter((program) => spawnSync(program, ["--version"]).error !== undefined);

interface Sent {
  readonly exitCode: number | null;
  readonly output: string;
  /** Bodies that arrived, with their content types. */
  readonly received: readonly { readonly contentType: string | undefined; readonly body: unknown }[];
}

/** Runs a step's script as the runner does, with a webhook that answers so. */
async function send(name: string, message: string, { status = 200, webhook = true }: { readonly status?: number; readonly webhook?: boolean } = {}): Promise<Sent> {
  const received: { contentType: string | undefined; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      received.push({ contentType: request.headers["content-type"], body: JSON.parse(text) });
      response.writeHead(status).end(status === 200 ? "ok" : "no_service");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const script = step(name).run ?? "";
  const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], { env: { PATH: process.env["PATH"], NO_PROXY: "*", MESSAGE: message, RUN_URL, WEBHOOK_URL: webhook ? url : "" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  server.close();
  return { exitCode, output, received };
}

function step(name: string): Step {
  const found = STEPS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no step "${name}".`);
  return found;
}

describe.skipIf(missing.length > 0)(`the notification of a drift check${missing.length > 0 ? ` (skipped: without ${missing.join(", ")})` : ""}`, () => {
  it("tells Slack the message as plain text, whatever is in it", async () => {
    const { exitCode, output, received } = await send("tell Slack", HOSTILE);
    expect([exitCode, received.length], output).toEqual([0, 1]);
    expect(received[0]?.contentType).toBe("application/json");
    expect(received[0]?.body).toMatchObject({
      text: "Istio CNI drift check",
      blocks: [
        { type: "section", text: { type: "plain_text", text: HOSTILE } },
        { type: "actions", elements: [{ type: "button", url: RUN_URL }] },
      ],
    });
  });

  it("tells Teams the message as text without Markdown, whatever is in it", async () => {
    const { exitCode, output, received } = await send("tell Teams", HOSTILE);
    expect([exitCode, received.length], output).toEqual([0, 1]);
    expect(received[0]?.body).toMatchObject({
      type: "message",
      attachments: [{ content: { body: [{ type: "RichTextBlock", inlines: [{ type: "TextRun", text: HOSTILE }] }], actions: [{ type: "Action.OpenUrl", url: RUN_URL }] } }],
    });
  });

  describe.each(["tell Slack", "tell Teams"])("%s", (name) => {
    it("cuts a message that the service would refuse for its length", async () => {
      const { received } = await send(name, "x".repeat(10_000));
      expect(JSON.stringify(received[0]?.body).length).toBeLessThan(3500);
    });

    it("is skipped where its secret is not set, and says so", async () => {
      expect(await send(name, "drift", { webhook: false })).toMatchObject({ exitCode: 0, received: [], output: expect.stringMatching(/^[A-Z]+_WEBHOOK_URL is not set\.\n$/) as string });
    });

    it("fails where the service refuses the message, and does not show the secret URL", async () => {
      const { exitCode, output } = await send(name, "drift", { status: 410 });
      expect(exitCode).not.toBe(0);
      expect(output).toContain("no_service");
      expect(output).not.toContain("/hook");
    });

    it("runs after a failed check, and not for a compliant cluster", () => {
      expect(Object.keys(step(name))).toContain("if");
      expect(textOf("examples/drift-check-with-notification.yml").match(/if: \$\{\{ !cancelled\(\) && steps\.mesh\.outputs\.status != 'compliant' \}\}/g)).toHaveLength(2);
    });
  });
});
