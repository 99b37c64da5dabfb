/** A job's log as the runner shows it: workflow commands are not printed, but done. */
import { unescapeData } from "./action-output.ts";

export interface RunnerLogView {
  /** Takes the log as it comes, in pieces of any size. */
  readonly hear: (text: string) => void;
  /** Shows a last line that did not end. */
  readonly end: () => void;
}

/** What the runner prints in front of a message. */
const LEVELS: Readonly<Record<string, string>> = { error: "Error", warning: "Warning", notice: "Notice" };
/** Commands that leave nothing in the log; debug does where debug logging is on. */
const SILENT = new Set(["debug", "add-mask", "endgroup", "save-state", "set-output", "add-matcher", "remove-matcher", "echo"]);

/** Shows the log of an action line by line. */
export function runnerLogView(show: (line: string) => void): RunnerLogView {
  let rest = "";
  /** While commands are stopped: the command that starts them again. */
  let resume: string | undefined;

  function line(text: string): void {
    const [, command = "", data = ""] = /^\s*::([\w-]+)(?: [^:]*)?::(.*)$/.exec(text) ?? [];
    if (resume !== undefined) {
      if (command === resume) resume = undefined;
      else show(text);
      return;
    }
    const level = LEVELS[command];
    if (command === "stop-commands") resume = data;
    else if (level !== undefined) show(`${level}: ${unescapeData(data)}`);
    else if (command === "group") show(`▼ ${unescapeData(data)}`);
    else if (!SILENT.has(command)) show(text);
  }

  return {
    hear(text) {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? "";
      lines.forEach(line);
    },
    end() {
      if (rest !== "") line(rest);
      rest = "";
    },
  };
}
