/** What stands in the page's first script and runs in the worker too: the device's core and the verifier. */

export { listen } from "./page/worker.js";
