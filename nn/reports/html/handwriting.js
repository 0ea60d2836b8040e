"use strict";

/*
 * The pad and the network that answers it: a drawing, or a test image, is prepared, read and looked
 * into; several digits on a drawing are read one by one; drawings can be kept.
 */

const WIDE = 5 / 2; // sides of the pad for several digits

/** The network's answer to the digits of a drawing, or to a test image. */
class Answer {
  /**
   * @param {Network} network
   * @param {[number, number]} imageShape
   * @param {number} classes
   * @param {Inside} inside Shows what happens inside, for the digit that is looked at.
   */
  constructor(network, imageShape, classes, inside) {
    Object.assign(this, { network, imageShape, inside, chosen: null });
    this.bars = new ProbabilityBars(byId("bars"), classes);
    this.hint = byId("sure").textContent;
    byId("answer").classList.toggle("named", classNames.length > 0);
    this.show([]);
  }

  /**
   * @param {ArrayLike<number>[]} digits Pixels of each, from left to right, (H * W); none if empty.
   * @param {object} [known]
   * @param {?number} [known.label] The true class of a test image.
   * @param {boolean[]} [known.isDigit] Whether each looks like a digit.
   */
  show(digits, { label = null, isDigit = digits.map(() => true) } = {}) {
    if (digits.length !== this.digits?.length) this.chosen = null;
    this.digits = digits;
    this.label = label;
    this.answers = digits.map((pixels) => computeProbabilities(this.network, pixels));
    const best = this.answers.map((each) => each.indexOf(Math.max(...each)));
    const confidence = this.answers.map((each) => Math.max(...each));
    const someDigits = isDigit.includes(true);
    byId("answer").textContent = best
      .map((each, n) => (isDigit[n] || !someDigits ? nameOf(each) : `[${nameOf(each)}]`))
      .join("");
    byId("sure").textContent =
      digits.length > 0 ? this.describe(best, confidence, isDigit) : this.hint;
    this.offerDigits(best);
    this.look();
  }

  /**
   * @param {number[]} best The answer for each digit.
   * @param {number[]} confidence
   * @param {boolean[]} isDigit
   * @returns {string} How sure the network is, and what else there is to say.
   */
  describe(best, confidence, isDigit) {
    const least = confidence.indexOf(Math.min(...confidence));
    const sure = `${percent(confidence[least])} sure`;
    if (this.label !== null) {
      const right = this.label === best[0];
      return `${sure}, ${right ? "correct" : `wrong: it is ${nameOf(this.label)}`}`;
    }
    const words = best.length > 1 ? `least certain: ${nameOf(best[least])}, ${sure}` : sure;
    if (!isDigit.includes(true)) return `Does not look like a digit; ${words}`;
    if (isDigit.every(Boolean)) return words;
    return `${words}; what is in brackets does not look like a digit`;
  }

  /**
   * Offer the digits of a number, to look at one of them.
   *
   * @param {number[]} best The answer for each.
   */
  offerDigits(best) {
    const list = byId("digits");
    list.hidden = this.digits.length < 2;
    if (list.children.length !== this.digits.length) {
      list.replaceChildren(...this.digits.map((_, n) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(document.createElement("canvas"));
        button.addEventListener("click", () => {
          this.chosen = n;
          this.look();
        });
        return button;
      }));
    }
    this.digits.forEach((pixels, n) => {
      const button = list.children[n];
      button.setAttribute("aria-label", `look at digit ${n + 1}, read as ${nameOf(best[n])}`);
      drawGrey(button.firstElementChild, pixels, this.imageShape);
    });
  }

  /** Show one digit in full: the one chosen, or the last, which is being drawn. */
  look() {
    const at = this.chosen ?? this.digits.length - 1;
    const pixels = this.digits[at] ?? null;
    [...byId("digits").children].forEach((button, n) => {
      button.setAttribute("aria-pressed", String(n === at));
    });
    const nothing = new Uint8ClampedArray(this.imageShape[0] * this.imageShape[1]);
    drawGrey(byId("prepared"), pixels ?? nothing, this.imageShape);
    this.bars.show(this.answers[at] ?? null, this.label);
    this.inside.show(pixels);
  }

  /** Say the answer to a screen reader. */
  speak() {
    const answer = byId("answer").textContent;
    const sure = byId("sure").textContent;
    byId("spoken").textContent = answer ? `The network answers ${answer}, ${sure}` : "";
  }
}

/**
 * Show the network's answer to what is drawn on the pad.
 *
 * @param {object} data Of the page.
 * @param {TestImages} images Images to try instead of a drawing.
 * @param {Answer} answer
 * @returns {function(number): void} Shows one of the test images to the network.
 */
function startDrawing({ imageShape, framing, digitCheck }, images, answer) {
  const check = digitCheck && readNetwork(digitCheck.network);
  const offer = startCollecting(imageShape, () => pad.clear());
  const aspect = Math.min(3 / 2, Math.max(2 / 3, imageShape[1] / imageShape[0]));
  const pad = new DrawingPad(byId("pad"), aspect, {
    onChange: () => {
      const { ink, height, width } = pad.read();
      byId("pad-hint").hidden = !pad.empty;
      const parts = check ? separateDigits(ink, height, width) : [ink];
      const digits = parts
        .map((part) => prepareDrawing(part, height, width, imageShape, framing))
        .filter((pixels) => pixels !== null);
      const isDigit = digits.map((_, n) =>
        !check || looksLikeDigit(check, parts[n], height, width, digitCheck),
      );
      offer(digits.length === 1 ? digits[0] : null);
      answer.show(digits, { isDigit });
    },
    // After the last change, which is drawn in the next frame.
    onPause: () => requestAnimationFrame(() => requestAnimationFrame(() => answer.speak())),
  });
  byId("undo").addEventListener("click", () => pad.undo());
  byId("clear").addEventListener("click", () => pad.clear());
  byId("wide").hidden = !check;
  byId("wide").addEventListener("click", ({ currentTarget }) => {
    const wide = currentTarget.getAttribute("aria-pressed") !== "true";
    currentTarget.setAttribute("aria-pressed", String(wide));
    pad.resize(wide ? WIDE : aspect);
  });
  const ask = (number) => {
    pad.clear();
    requestAnimationFrame(() => {
      const pixels = images.draw(document.createElement("canvas"), number);
      answer.show([pixels], { label: images.labels[number] });
      byId("pad-hint").hidden = false;
      answer.speak();
    });
  };
  const random = () => ask(Math.floor(Math.random() * images.index.length));
  byId("random").addEventListener("click", random);
  return ask;
}

/**
 * Return whether a drawing shows a digit at all, as nn/runs/digit_check.py does.
 *
 * @param {Network} check A network with the classes digit (0) and something else (1).
 * @param {Float32Array} ink From 0 to 1, (height * width), not empty.
 * @param {number} height
 * @param {number} width
 * @param {{imageShape: [number, number], framing: Framing}} taken What the network takes.
 */
function looksLikeDigit(check, ink, height, width, { imageShape, framing }) {
  const pixels = prepareDrawing(ink, height, width, imageShape, framing);
  const [digit, other] = computeLogits(check, pixels);
  return digit >= other;
}

/**
 * Keep drawings with their classes, and save them.
 *
 * @param {[number, number]} imageShape
 * @param {function(): void} onKeep Called after a drawing was kept.
 * @returns {function(?Uint8ClampedArray): void} Offers a drawing, or null for none.
 */
function startCollecting(imageShape, onKeep) {
  if (!byId("collect")) return () => {};
  const collection = new Collection(imageShape);
  const buttons = [...document.querySelectorAll("#collect .keep")];
  let drawing = null;
  const show = () => {
    byId("kept").textContent = collection.describe(nameOf);
    const empty = collection.kept.length === 0;
    byId("remove-kept").disabled = byId("save-kept").disabled = empty;
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      collection.keep(drawing, Number(button.dataset.label));
      show();
      onKeep();
    });
  }
  byId("remove-kept").addEventListener("click", () => {
    collection.removeLast();
    show();
  });
  byId("save-kept").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([collection.pack()], { type: "application/zip" }));
    link.download = "drawings.zip";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  return (pixels) => {
    drawing = pixels;
    buttons.forEach((button) => (button.disabled = !pixels));
  };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} pixels 0 to 255, (H * W)
 * @param {[number, number]} imageShape [H, W]
 */
function drawGrey(canvas, pixels, [height, width]) {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  pixels.forEach((pixel, n) => image.data.set([pixel, pixel, pixel, 255], 4 * n));
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(image, 0, 0);
}
