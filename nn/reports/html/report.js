"use strict";

/*
 * Brings the page to life: fills what the template left empty with what the data say. Without
 * scripts the page still has its tables.
 */

const MOST_BARS = 20; // with more classes than that, only the ten most probable are shown
const MOST_UNITS = 64; // of the first layer, until someone asks for all
const WEIGHT_COLOURS = {
  light: { for: [196, 78, 0], against: [0, 96, 158], nothing: [255, 255, 255] },
  dark: { for: [255, 160, 84], against: [92, 186, 240], nothing: [18, 20, 23] },
};

/** @param {string} id */
function byId(id) {
  return document.getElementById(id);
}

/** One bar a class, as long as it is probable. */
class ProbabilityBars {
  /**
   * @param {HTMLElement} list
   * @param {number} classes
   */
  constructor(list, classes) {
    this.classes = classes;
    this.rows = Array.from({ length: classes > MOST_BARS ? 10 : classes }, (_, label) => {
      const row = document.createElement("li");
      const track = span("track", "");
      track.append(span("fill", ""));
      row.append(span("label", label), track, span("percent", ""));
      return row;
    });
    list.replaceChildren(...this.rows);
    this.show(null);
  }

  /**
   * @param {?Float64Array} probabilities (K), or null for none.
   * @param {?number} label The true class, where it is known.
   */
  show(probabilities, label = null) {
    let shown = this.rows.map((_, n) => n);
    if (probabilities && this.classes > MOST_BARS) {
      const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
      shown = order.slice(0, this.rows.length);
    }
    const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : null;
    this.rows.forEach((row, n) => {
      const [name, track, share] = row.children;
      const probability = probabilities ? probabilities[shown[n]] : 0;
      name.textContent = shown[n];
      track.firstElementChild.style.width = `${100 * probability}%`;
      share.textContent = probabilities ? percent(probability) : "";
      row.classList.toggle("best", shown[n] === best);
      row.classList.toggle("true", shown[n] === label);
    });
  }
}

/**
 * Draw the three charts; pointing at one of them points at the same epoch in all.
 *
 * @param {object} histories
 */
function startCharts(histories) {
  const charts = [];
  const onPoint = (place) => charts.forEach((chart) => chart.show(place));
  const both = (history) => ["training", "validation"].map((name) => ({
    name,
    values: history[name],
  }));
  const short = (value) => String(Number(value.toPrecision(4)));
  const share = (value) => `${(100 * value).toFixed(2)} %`;
  const contents = {
    loss: { curves: both(histories.loss), write: short },
    accuracy: { curves: both(histories.accuracy), write: share, factor: 100, unit: " %" },
    "learning-rate": {
      curves: [{ name: "rate", values: histories.learningRate }],
      write: short,
      fromZero: true,
    },
  };
  for (const [id, content] of Object.entries(contents)) {
    charts.push(new LineChart(byId(id), { epochs: histories.epochs, onPoint, ...content }));
  }
}

/**
 * Let the cells of the confusion matrix open the images behind them.
 *
 * @param {TestImages} images
 * @param {function(number[], number): void} onOpen
 */
function startConfusion(images, onOpen) {
  const cells = [...document.querySelectorAll("#confusion button")];
  const gallery = new Gallery(byId("cell-images"), byId("cell-more"), images, onOpen);
  const open = (cell) => {
    cells.forEach((each) => each.setAttribute("aria-pressed", String(each === cell)));
    const [label, predicted] = [Number(cell.dataset.true), Number(cell.dataset.predicted)];
    const places = images.select((t, p) => t === label && p === predicted);
    const verdict = label === predicted ? "read right" : `read as ${predicted}`;
    byId("cell-title").textContent = `True ${label}, ${verdict}`;
    byId("cell-count").textContent = countInWords(places.length, Number(cell.dataset.count));
    byId("cell").hidden = false;
    gallery.show(places);
  };
  cells.forEach((cell) => cell.addEventListener("click", () => open(cell)));
  if (byId("confusion").matches("table")) moveWithArrows(cells);
}

/**
 * @param {number} shown
 * @param {number} count
 */
function countInWords(shown, count) {
  const images = count === 1 ? "1 image" : `${count} images`;
  return shown < count ? `${images}, ${shown} of them in this file` : images;
}

/**
 * Make a table of buttons one stop of the Tab key, within which the arrows move.
 *
 * @param {HTMLButtonElement[]} cells
 */
function moveWithArrows(cells) {
  const directions = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  };
  const at = new Map(cells.map((cell) => [`${cell.dataset.true} ${cell.dataset.predicted}`, cell]));
  const stop = (chosen) => cells.forEach((cell) => (cell.tabIndex = cell === chosen ? 0 : -1));
  const side = byId("confusion").tBodies[0].rows.length;
  stop(cells[0]);
  for (const cell of cells) {
    cell.addEventListener("focus", () => stop(cell));
    cell.addEventListener("keydown", (event) => {
      if (!(event.key in directions)) return;
      event.preventDefault();
      const [down, right] = directions[event.key];
      let [row, column] = [Number(cell.dataset.true), Number(cell.dataset.predicted)];
      do {
        row += down;
        column += right;
      } while (row >= 0 && row < side && column >= 0 && column < side && !at.has(`${row} ${column}`));
      at.get(`${row} ${column}`)?.focus();
    });
  }
}

/**
 * Let a test image be looked at alone, with what the network makes of it.
 *
 * @param {TestImages} images
 * @param {?Network} network
 * @param {number} classes
 * @returns {function(number[], number): void} Opens one of several images.
 */
function startDialog(images, network, classes) {
  const dialog = byId("one-image");
  const bars = network && new ProbabilityBars(byId("one-bars"), classes);
  let [places, number] = [[], 0];
  const show = (wanted) => {
    number = Math.min(places.length - 1, Math.max(0, wanted));
    const pixels = images.draw(byId("one-canvas"), places[number]);
    const label = images.labels[places[number]];
    if (bars) bars.show(softmax(computeLogits(network, pixels)), label);
    const words = images.describe(places[number]);
    byId("one-title").textContent = words[0].toUpperCase() + words.slice(1);
    byId("one-place").textContent = `${number + 1} of ${places.length}`;
    byId("one-previous").disabled = number === 0;
    byId("one-next").disabled = number === places.length - 1;
  };
  byId("one-previous").addEventListener("click", () => show(number - 1));
  byId("one-next").addEventListener("click", () => show(number + 1));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") show(number - 1);
    if (event.key === "ArrowRight") show(number + 1);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside its contents
  });
  return (all, chosen) => {
    places = all;
    show(chosen);
    dialog.showModal();
  };
}

/**
 * Let people draw, and have the network answer.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @param {number} classes
 * @param {TestImages} images To try instead of a drawing.
 */
function startDrawing(network, imageShape, classes, images) {
  const bars = new ProbabilityBars(byId("bars"), classes);
  const prepared = byId("prepared");
  [prepared.height, prepared.width] = imageShape;
  const pen = prepared.getContext("2d", { willReadFrequently: true });
  const nothing = byId("sure").textContent;

  const answer = (pixels, label = null) => {
    const probabilities = softmax(computeLogits(network, pixels));
    const best = probabilities.indexOf(Math.max(...probabilities));
    byId("answer").textContent = best;
    const truth = label === null ? "" : `, and it is ${label === best ? "" : `a ${label}`}`;
    const right = label === best ? "right" : "";
    byId("sure").textContent = `${percent(probabilities[best])} sure${truth}${right}`;
    bars.show(probabilities, label);
  };
  const forget = () => {
    pen.clearRect(0, 0, prepared.width, prepared.height);
    byId("answer").textContent = "";
    byId("sure").textContent = nothing;
    bars.show(null);
  };
  const speak = () => {
    const best = byId("answer").textContent;
    byId("spoken").textContent = best ? `The network reads ${best}, ${byId("sure").textContent}` : "";
  };

  const aspect = Math.min(3 / 2, Math.max(2 / 3, imageShape[1] / imageShape[0]));
  const pad = new DrawingPad(byId("pad"), aspect, {
    onChange: () => {
      const { ink, height, width } = pad.read();
      byId("pad-hint").hidden = !pad.empty;
      const pixels = prepareDrawing(ink, height, width, imageShape);
      if (!pixels) {
        forget();
        return;
      }
      drawGrey(pen, pixels, imageShape);
      answer(pixels);
    },
    // After the last change, which waits for the next frame.
    onPause: () => requestAnimationFrame(() => requestAnimationFrame(speak)),
  });
  byId("undo").addEventListener("click", () => pad.undo());
  byId("clear").addEventListener("click", () => pad.clear());
  byId("random").addEventListener("click", () => {
    pad.clear();
    const place = Math.floor(Math.random() * images.index.length);
    requestAnimationFrame(() => {
      answer(images.draw(prepared, place), images.labels[place]);
      byId("pad-hint").hidden = false;
      speak();
    });
  });
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Uint8ClampedArray} pixels (H * W)
 * @param {[number, number]} imageShape [H, W]
 */
function drawGrey(pen, pixels, [height, width]) {
  const image = new ImageData(width, height);
  pixels.forEach((pixel, place) => image.data.set([pixel, pixel, pixel, 255], 4 * place));
  pen.putImageData(image, 0, 0);
}

/**
 * Show the first layer's weights, in colours that suit a light or a dark page.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 */
function startWeights(network, imageShape) {
  const layer = firstWeights(network, imageShape);
  const sizes = layer.weights.map(Math.abs).sort();
  // The few largest would leave all others pale.
  const strongest = sizes[Math.floor(0.998 * (sizes.length - 1))] || 1;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const canvases = [];
  const paint = () => {
    const colours = WEIGHT_COLOURS[dark.matches ? "dark" : "light"];
    canvases.forEach((canvas, unit) => drawWeights(canvas, layer, unit, strongest, colours));
  };
  const grow = (count) => {
    while (canvases.length < count) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `weights of unit ${canvases.length + 1}`);
      canvas.title = `unit ${canvases.length + 1}`;
      canvases.push(canvas);
    }
    byId("units").replaceChildren(...canvases);
    byId("units-more").hidden = count === layer.units;
    paint();
  };
  const written = strongest.toPrecision(2);
  byId("weakest").textContent = `−${written}`;
  byId("strongest").textContent = `+${written}`;
  byId("units-more").textContent = `Show all ${layer.units}`;
  byId("units-more").addEventListener("click", () => grow(layer.units));
  dark.addEventListener("change", paint);
  grow(Math.min(layer.units, MOST_UNITS));
}

/** Copy the command, or select it where a page may not reach the clipboard. */
function startCopying() {
  byId("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(byId("command").textContent);
      byId("copied").textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(byId("command"));
      byId("copied").textContent = "Selected; copy it with Ctrl-C";
    }
  });
}

/** Start everything that the data have something for. */
async function startReport() {
  const { network: description, histories, imageShape, classes, images } = JSON.parse(
    byId("data").textContent,
  );
  startCopying();
  if (histories.epochs.length > 0) startCharts(histories);

  const sprite = new Image();
  sprite.src = images.sprite;
  await sprite.decode();
  const network = description && readNetwork(description);
  const testImages = new TestImages({ ...images, sprite, shape: imageShape });
  const onOpen = startDialog(testImages, network, classes);
  startConfusion(testImages, onOpen);
  const mistakes = new Gallery(byId("mistakes"), byId("mistakes-more"), testImages, onOpen);
  mistakes.show(testImages.select((label, predicted) => label !== predicted));
  if (network) {
    startDrawing(network, imageShape, classes, testImages);
    startWeights(network, imageShape);
  }
  document.documentElement.dataset.ready = "true";
}

startReport();
