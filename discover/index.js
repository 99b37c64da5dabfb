import { discover } from "../dist/index.js";

await discover();
