"use strict";

/*
 * The first layer's weights as images.
 */

const MOST_UNITS = 64; // shown until the button for all is clicked
const WEIGHT_COLOURS = {
  light: { for: [196, 78, 0], against: [0, 96, 158], nothing: [255, 255, 255] },
  dark: { for: [255, 160, 84], against: [92, 186, 240], nothing: [18, 20, 23] },
};

/**
 * Show the first layer's weights in colours for a light or a dark page.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @param {string} unitName `unit`, `class` or `filter`.
 */
function startWeights(network, imageShape, unitName) {
  const layer = firstWeights(network, imageShape);
  const sizes = layer.weights.map(Math.abs).sort();
  // The few largest weights would leave all others pale.
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
      const first = unitName === "class" ? 0 : 1;
      canvas.title = `${unitName} ${canvases.length + first}`;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `weights of ${canvas.title}`);
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

/**
 * Return the first layer that has weights, and the shape of one unit's weights.
 *
 * Its input has a single channel, because only convolutions make more.
 *
 * @param {Network} network
 * @param {[number, number]} imageShape
 * @returns {{weights: Float32Array, units: number, shape: [number, number]}}
 */
function firstWeights(network, imageShape) {
  let shape = imageShape;
  for (const layer of network.layers) {
    const { weights } = layer.arrays;
    if (weights) {
      const units = layer.outputShape[0];
      return { weights, units, shape: layer.constants.kernel_size ?? shape };
    }
    if (layer.outputShape.length === 3) shape = layer.outputShape.slice(1);
  }
  throw new Error("every network has weights, in its output layer at the latest");
}

/**
 * Draw the weights of one unit: negative ones blue, positive ones orange.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {{weights: Float32Array, units: number, shape: [number, number]}} layer
 * @param {number} unit
 * @param {number} strongest The weight that gets the full colour.
 * @param {{for: number[], against: number[], nothing: number[]}} colours Red, green, blue.
 */
function drawWeights(canvas, { weights, units, shape }, unit, strongest, colours) {
  const [height, width] = shape;
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const weight = weights[pixel * units + unit];
    const share = Math.min(1, Math.abs(weight) / strongest);
    const end = weight > 0 ? colours.for : colours.against;
    const colour = colours.nothing.map((from, n) => from + share * (end[n] - from));
    image.data.set([...colour, 255], 4 * pixel);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
