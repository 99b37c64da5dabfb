/**
 * Makes the README's pictures from the demo's pages, with the Chromium of this machine: docs/images/{switch,drift,fleet}.png.
 *
 *     npm run pictures
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runFleetNights } from "../simulator/demo/fleet.ts";
import { renderPage } from "../simulator/demo/html-page.ts";
import { runScenario, type ScenarioOptions } from "../simulator/demo/run-scenario.ts";
import { temporaryFolder } from "../simulator/lib/temporary-folder.ts";
import { findChromium, startBrowser } from "./browser.ts";

const IMAGES = fileURLToPath(new URL("../docs/images/", import.meta.url));
const SPEED = 1200;
const WIDTH = 900;
/** A picture shows the page's start: what a reader sees first. */
const MAX_HEIGHT = 760;
/** Bytes. A README is read on slow lines, too. */
const MAX_SIZE = 150 * 1024;

async function summaryOf(options: Omit<ScenarioOptions, "speed">): Promise<string> {
  return (await runScenario({ ...options, speed: SPEED })).run.summary;
}

/** The summary of the second night, after a subscription has vanished. */
async function fleetSummary(): Promise<string> {
  using folder = temporaryFolder();
  let summary = "";
  await runFleetNights({ directory: folder.path, clusters: 10, speed: SPEED, print: () => undefined }, ({ flow }) => {
    ({ summary } = flow.summary);
  });
  return summary;
}

const PAGES: Readonly<Record<string, () => Promise<string>>> = {
  switch: () => summaryOf({ scenario: "fresh", inputs: { mode: "apply", "restart-workloads": "refused" } }),
  drift: () => summaryOf({ scenario: "reset-by-terraform", inputs: { mode: "check" } }),
  fleet: fleetSummary,
};

async function main(): Promise<void> {
  const chromium = findChromium();
  using folder = temporaryFolder();
  using browser = await startBrowser(chromium);
  await mkdir(IMAGES, { recursive: true });
  for (const [name, markdownOf] of Object.entries(PAGES)) {
    const file = join(folder.path, `${name}.html`);
    await writeFile(file, renderPage(name, await markdownOf()));
    const { png } = await browser.take({ url: pathToFileURL(file).href, scheme: "light", width: WIDTH, maxHeight: MAX_HEIGHT, without: "main > header" });
    if (png.length > MAX_SIZE) throw new Error(`${name}.png has ${png.length} bytes, more than ${MAX_SIZE}: lower MAX_HEIGHT.`);
    await writeFile(join(IMAGES, `${name}.png`), png);
    process.stdout.write(`docs/images/${name}.png: ${Math.round(png.length / 1024)} KB\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
