/** Verifies a record beside the page: the verifier's own core in a worker, in the page where none can be started. */

import { verify } from "../core/verifier.js";

const START_LIMIT = 4000; // milliseconds; some browsers refuse a worker on file:// without saying so

export function listen() {
  self.onmessage = async ({ data }) => {
    const progress = (done, total) => self.postMessage({ progress: [done, total] });
    const { report } = await verify({ zip: data.zip }, { trust: data.trust }, async (done, total) => progress(done, total));
    self.postMessage({ report });
  };
  self.postMessage({ ready: true });
}

/**
 * @param {Uint8Array} zip @param {Uint8Array} trust @param {function(number, number)} progress
 * @returns {Promise<object>} report of V5
 */
export function verifyRecord(zip, trust, progress) {
  const here = async () => (await verify({ zip }, { trust }, async (done, total) => {
    progress(done, total);
    await new Promise((resolve) => setTimeout(resolve));
  })).report;
  return new Promise((resolve, reject) => {
    let worker;
    try {
      const source = [document.getElementById("core").textContent, "\nobserverCore.listen();\n"];
      const url = URL.createObjectURL(new Blob(source, { type: "text/javascript" }));
      worker = new Worker(url);
      setTimeout(() => URL.revokeObjectURL(url), START_LIMIT);
    } catch {
      here().then(resolve, reject);
      return;
    }
    const give = () => { worker.terminate(); here().then(resolve, reject); };
    const timer = setTimeout(give, START_LIMIT);
    worker.onerror = (event) => { event.preventDefault(); clearTimeout(timer); give(); };
    worker.onmessage = ({ data }) => {
      if (data.ready) {
        clearTimeout(timer);
        worker.postMessage({ zip, trust });
      } else if (data.progress) progress(...data.progress);
      else {
        worker.terminate();
        resolve(data.report);
      }
    };
  });
}
