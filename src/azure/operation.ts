/** The state of a long-running operation of Resource Manager. Shapes: the recordings of the oracles folder. */
import { rowFor } from "../lib/error-table.ts";
import { withReasons } from "../lib/http/read-error.ts";
import { at, textAt } from "../lib/json.ts";

/** The state of a long-running operation. */
export interface OperationReading {
  /** Any text while the operation runs; then Succeeded, Failed or Canceled. */
  readonly status: string;
  /** Code and message of the operation's error, with the reasons inside it. Even a Succeeded operation can have one. */
  readonly error: string;
  /** What to do about that error; empty if the error table does not know it. */
  readonly remedy: string;
  /** The pause that Azure asks for. None of the recorded operations asks for one. */
  readonly retryAfterMs?: number | undefined;
}

/** How an operation with this status has ended; undefined while it runs. */
export function endOf(status: string): "succeeded" | "failed" | "canceled" | undefined {
  const word = status.toLowerCase();
  return word === "succeeded" || word === "failed" || word === "canceled" ? word : undefined;
}

/** Reads the body of an operation; what is absent reads as empty. Exported for the tests of recorded operations. */
export function readOperation(body: unknown): OperationReading {
  const code = textAt(body, "error", "code");
  const { message, reasons } = withReasons(at(body, "error"));
  const error = [code, message].filter((text) => text !== "").join(": ");
  const row = error === "" ? undefined : rowFor({ service: "Resource Manager", doing: "", code, message, reasons });
  return { status: textAt(body, "status"), error, remedy: row?.remedy ?? "" };
}
