// Runs a job beside the page, so that the page stays alive and the job can be stopped.
import { answer, problemOf } from "./worker.js";
import { byId } from "./dom.js";

const START_LIMIT = 4000; // milliseconds; some browsers refuse a worker on file:// without saying so
const BREATH = 60; // milliseconds between pauses in the page

// Calls progress(done, total, id); `done` resolves to { result } or { problem }, or never after stop().
export function run(job, progress) {
  let worker = null;
  let stopped = false;
  const stop = () => {
    stopped = true;
    if (worker) worker.terminate();
  };
  const done = new Promise((resolve) => {
    const here = () => {
      if (worker) worker.terminate();
      worker = null;
      inPage(job, progress, () => stopped).then((result) => resolve({ result }), (error) => resolve(problemOf(error)));
    };
    try {
      worker = startWorker();
    } catch {
      here();
      return;
    }
    const timer = setTimeout(here, START_LIMIT);
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      here();
    };
    worker.onmessage = ({ data }) => {
      if (data.ready) {
        clearTimeout(timer);
        worker.postMessage(job);
      } else if (data.progress) progress(...data.progress);
      else {
        worker.terminate();
        resolve(data);
      }
    };
  });
  return { done, stop };
}

function startWorker() {
  const text = [byId("core").textContent, "\n$worker.listen();\n"];
  const url = URL.createObjectURL(new Blob(text, { type: "text/javascript" }));
  try {
    return new Worker(url);
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), START_LIMIT);
  }
}

function inPage(job, progress, isStopped) {
  let last = performance.now();
  return answer(job, async (...step) => {
    progress(...step);
    if (performance.now() - last > BREATH) {
      await new Promise((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    // An exception would be taken for a failure of the check, so a stopped job just never goes on.
    if (isStopped()) await new Promise(() => {});
  });
}
