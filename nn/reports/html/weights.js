"use strict";

/*
 * The first layer's weights as images.
 */

const MOST_UNITS = 64; // shown until the button for all is clicked

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
  const canvases = [];
  const paint = () => {
    canvases.forEach((canvas, unit) => {
      const length = layer.shape[0] * layer.shape[1];
      const ofUnit = (_, n) => layer.weights[n * layer.units + unit];
      drawSigned(canvas, Float32Array.from({ length }, ofUnit), layer.shape, strongest);
    });
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
  onColourScheme(paint);
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
