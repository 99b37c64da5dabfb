/** Shows a job's log as the runner does: workflow commands are executed instead of printed. */
import { unescapeData } from "./action-output.ts";

export interface LogView {
  /** Takes the next part of the log, of any size. */
  readonly write: (text: string) => void;
  /** Shows a last line without a line end. */
  readonly end: () => void;
}

/** The prefix that the runner prints before a message. */
const LEVELS: Readonly<Record<string, string>> = { error: "Error", warning: "Warning", notice: "Notice" };
/** Commands that are not shown in the log (debug is, with debug logging). */
const SILENT = new Set(["debug", "add-mask", "endgroup", "save-state", "set-output", "add-matcher", "remove-matcher", "echo"]);

/** Shows the log of an action line by line. */
export function createLogView(show: (line: string) => void): LogView {
  let rest = "";
  /** The command that ends the current stop-commands; undefined while commands are executed. */
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
    write(text) {
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
