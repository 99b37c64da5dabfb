import { main } from "./main.ts";

// Whatever still hangs on a socket by now must not hold the job up.
process.exit(await main());
