// Reading the slip's QR code with the camera, where browser and address allow it. No picture leaves this function.
import { announce, button, byId, el, t } from "./dom.js";

const PAUSE = 200; // milliseconds between looks

export function canScan() {
  return "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices);
}

// Calls use(fragment) with the part of the link that holds the code; it says whether that was a slip.
export async function scan(use) {
  const video = el("video", { playsinline: true, muted: true });
  const close = el("div", { class: "camera" }, video, button("scanStop", () => close.remove()));
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    const detector = new globalThis.BarcodeDetector({ formats: ["qr_code"] });
    video.srcObject = stream;
    byId("scan").append(close);
    await video.play();
    while (close.isConnected) {
      const [found] = await detector.detect(video);
      const start = found ? found.rawValue.indexOf("#slip=") : -1;
      if (found && start < 0) announce("scanOther");
      if (start >= 0 && use(found.rawValue.slice(start))) break;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } catch {
    byId("scan").replaceChildren(t("scanFailed"));
    announce("scanFailed");
  } finally {
    close.remove();
    if (stream) stream.getTracks().forEach((track) => track.stop());
  }
}
