/** Issues in memory, as GitHub keeps them. */
import type { Issue, IssueTracker } from "../../../src/github/drift-issue/tracker.ts";

export const ME = "github-actions[bot]";

export interface Remembered extends Issue {
  title: string;
  isOpen: boolean;
  /** Without their hidden first line. */
  readonly comments: string[];
}

/** `made` may be tampered with between runs; `calls` names what was asked for. */
export function rememberingTracker(): { readonly issues: IssueTracker; readonly made: Remembered[]; readonly calls: string[] } {
  const made: Remembered[] = [];
  const calls: string[] = [];
  const change = (number: number, what: Partial<Remembered>): void => void Object.assign(made[number - 1]!, what);
  const at = (number: number): Remembered => made[number - 1]!;
  const posted: { readonly id: number; readonly issue: number; readonly author: string; readonly body: string }[] = [];
  const issues: IssueTracker = {
    identity: () => Promise.resolve(ME),
    list: (state, label) => {
      calls.push(`list ${state}`);
      return Promise.resolve(made.filter(({ isOpen, labels }) => isOpen === (state === "open") && labels.includes(label)));
    },
    create: ({ title, body, labels }) => {
      calls.push("create");
      made.push({ number: made.length + 1, title, isOpen: true, reason: "", author: ME, body, labels: [...labels], comments: [] });
      return Promise.resolve(made.at(-1)!);
    },
    update: (number, { title, state, reason, body }) => {
      calls.push(`update ${String(number)}${state === undefined ? "" : ` ${state}`}`);
      change(number, { ...(title === undefined ? {} : { title }), ...(state === undefined ? {} : { isOpen: state === "open", reason: reason ?? "" }), ...(body === undefined ? {} : { body }) });
      return Promise.resolve();
    },
    comment: (number, body) => {
      calls.push(`comment ${String(number)}`);
      at(number).comments.push(body.split("\n").slice(1).join("\n"));
      return Promise.resolve(posted.push({ id: posted.length + 1, issue: number, author: ME, body }));
    },
    comments: (number) => Promise.resolve(posted.filter(({ issue }) => issue === number)),
    deleteComment: () => Promise.reject(new Error("nobody else comments here")),
    addLabel: (number, label) => {
      calls.push(`label ${String(number)}`);
      change(number, { labels: [...at(number).labels, label] });
      return Promise.resolve();
    },
    removeLabel: (number, label) => {
      calls.push(`unlabel ${String(number)}`);
      change(number, { labels: at(number).labels.filter((name) => name !== label) });
      return Promise.resolve();
    },
  };
  return { issues, made, calls };
}
