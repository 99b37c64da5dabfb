/** git in the working directory. */
import { execFileSync } from "node:child_process";

/** Output of a git command. @param {readonly string[]} args @throws where git fails; its message is on standard error */
export function git(...args) {
  return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 64 * 1024 * 1024 }).trim();
}
