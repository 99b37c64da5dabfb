import { requests } from "./parts/requests.ts";
import { render } from "./figures.ts";
console.log(render(await requests()));
