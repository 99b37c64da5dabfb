/** Programs that hang: the run ends in time all the same, with its report, and leaves no process behind. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../../simulator/lib/temporary-folder.ts";
import { act, annotated, startWorld } from "./world.ts";

/** A program that starts another one and hangs with it. It writes the process IDs of both. */
function hanging(name: string): TemporaryFolder {
  const folder = temporaryFolder({});
  const path = join(folder.path, name);
  writeFileSync(path, `#!/bin/sh\nsleep 1000 &\necho "$$ $!" >"${folder.path}/pids"\nwait\n`);
  chmodSync(path, 0o755);
  return folder;
}

/** Whether a process runs. One that has ended and was not collected by its parent does not. */
function runs(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
const processes = ({ path }: TemporaryFolder): readonly string[] => readFileSync(join(path, "pids"), "utf8").trim().split(" ");
const inPath = ({ path }: TemporaryFolder): Readonly<Record<string, string>> => ({ PATH: `${path}:${process.env["PATH"] ?? ""}` });

describe.skipIf(process.platform !== "linux")("a program that hangs", () => {
  it("does not outlive the deadline: az account show", async () => {
    await using simulator = await startWorld("compliant");
    using az = hanging("az");
    const run = await act(simulator, { "subscription-id": "", "timeout-minutes": "2" }, { env: inPath(az) });
    expect(run.exitCode, run.log).toBe(1);
    expect(run.outputs["status"]).toBe("failed");
    expect(annotated(run, "error")[0]).toContain("timeout-minutes has passed");
    expect(processes(az).filter(runs), "processes that are left").toEqual([]);
  });

  it("does not outlive a cancelled run: kubectl, and what it has started", async () => {
    await using simulator = await startWorld("compliant");
    using kubectl = hanging("kubectl");
    const run = await act(simulator, { "kube-access": "kubeconfig" }, {
      env: inPath(kubectl),
      onLog: () => undefined,
      onStart: (child) => {
        const timer = setInterval(() => {
          try {
            processes(kubectl);
          } catch {
            return;
          }
          clearInterval(timer);
          child.kill("SIGINT");
        }, 20);
      },
    });
    expect(run.exitCode, run.log).toBe(1);
    expect(annotated(run, "error")[0]).toContain("cancelled (SIGINT)");
    expect(processes(kubectl).filter(runs), "processes that are left").toEqual([]);
  });
});
