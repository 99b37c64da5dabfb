/** A headless Chromium on this machine, by its debugging protocol over two pipes (https://chromedevtools.github.io/devtools-protocol/). */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of Chromium: CHROMIUM, or the first that is found in the PATH. Throws where there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string {
  const named = env["CHROMIUM"] ?? "";
  const folders = (env["PATH"] ?? "").split(delimiter);
  const candidates = named === "" ? folders.flatMap((folder) => NAMES.map((name) => join(folder, name))) : [named];
  const found = candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error("Chromium was not found. Install it (on Debian: apt install chromium fonts-noto-color-emoji), or set CHROMIUM to its path.");
  return found;
}

type Parameters = Readonly<Record<string, unknown>>;

export interface Picture {
  readonly png: Buffer;
  /** Of the whole page, in CSS pixels, even where the picture shows only its start. */
  readonly page: { readonly width: number; readonly height: number };
}

export interface PictureOptions {
  readonly url: string;
  readonly scheme: "light" | "dark";
  /** CSS pixels. */
  readonly width: number;
  /** The page is cut at this height, CSS pixels. */
  readonly maxHeight: number;
  /** Elements that are not shown, as a CSS selector. */
  readonly without?: string;
}

export interface Browser extends Disposable {
  take(options: PictureOptions): Promise<Picture>;
}

/** Starts a browser. Bind it with `using`. */
export async function startBrowser(path = findChromium()): Promise<Browser> {
  const profile = temporaryFolder();
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe", `--user-data-dir=${profile.path}`];
  const child = spawn(path, [...flags, "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const send = connect(child);
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  const call = (method: string, parameters: Parameters = {}): Promise<Parameters> => send(method, parameters, String(sessionId));
  await call("Page.enable");

  return {
    async take({ url, scheme, width, maxHeight, without }) {
      await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      await call("Emulation.setDeviceMetricsOverride", { width, height: 400, deviceScaleFactor: 1, mobile: false });
      await call("Page.navigate", { url });
      const ready = "new Promise((resolve) => document.readyState === 'complete' ? resolve() : addEventListener('load', () => resolve()))";
      await call("Runtime.evaluate", { expression: ready, awaitPromise: true });
      if (without !== undefined) await call("Runtime.evaluate", { expression: `document.querySelectorAll(${JSON.stringify(without)}).forEach((element) => element.remove())` });
      const metrics = await call("Page.getLayoutMetrics");
      const size = metrics["cssContentSize"];
      const page = { width: numberIn(size, "width"), height: numberIn(size, "height") };
      const clip = { x: 0, y: 0, width, height: Math.min(maxHeight, page.height), scale: 1 };
      const { data } = await call("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
      return { png: Buffer.from(String(data), "base64"), page };
    },
    [Symbol.dispose]() {
      child.kill("SIGKILL");
      child.once("exit", () => profile[Symbol.dispose]());
    },
  };
}

function numberIn(value: unknown, key: string): number {
  const entry: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  if (typeof entry !== "number") throw new Error(`Chromium's answer lacks ${key}.`);
  return entry;
}

/** Messages are JSON, each with a NUL behind it; fd 3 takes commands, fd 4 gives answers. */
function connect(child: ChildProcess): (method: string, parameters?: Parameters, sessionId?: string) => Promise<Parameters> {
  const input = child.stdio[3] as Writable;
  const output = child.stdio[4] as Readable;
  const waiting = new Map<number, { resolve: (result: Parameters) => void; reject: (error: Error) => void }>();
  const fail = (reason: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  };
  child.once("error", (error) => fail(error.message)).once("exit", (code, signal) => fail(`Chromium ended with ${signal ?? `exit code ${code}`}.`));
  input.on("error", () => fail("Chromium closed its pipe."));
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as { id?: number; result?: Parameters; error?: { message: string } };
      const caller = id === undefined ? undefined : waiting.get(id);
      if (id === undefined || caller === undefined) continue;
      waiting.delete(id);
      if (error === undefined) caller.resolve(result ?? {});
      else caller.reject(new Error(error.message));
    }
  });
  let ids = 0;
  return (method, parameters = {}, sessionId) =>
    new Promise((resolve, reject) => {
      const id = (ids += 1);
      waiting.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params: parameters, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
}
