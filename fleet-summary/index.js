import { summarizeFleet } from "../dist/index.js";

await summarizeFleet();
