"use strict";

/*
 * The forward pass of every layer in nn/layers, in JavaScript and for one image at a time, so that
 * the page can answer without the program.
 *
 * Numbers are float32, as in NumPy, and sums float64; the logits differ from NumPy's in the sixth
 * digit or later. A test checks this for every layer.
 */

/**
 * One layer, as nn/reports/page_data.py writes it.
 *
 * @typedef {object} Layer
 * @property {string} name The layer's kind; `FORWARD_PASSES` has an entry of that name.
 * @property {number[]} inputShape Shape of one example: [D] or [C, H, W].
 * @property {number[]} outputShape Shape of its output.
 * @property {Object<string, number|number[]>} constants Stride, padding, epsilon, ...
 * @property {Object<string, Float32Array>} arrays Weights, biases, ..., row by row.
 */

/**
 * @typedef {object} Network
 * @property {Layer[]} layers
 * @property {{subtract: number, divide: number}} normalization
 * @property {string} loss What training minimized; softmax belongs to cross-entropy.
 */

/**
 * Decode base64 to float32 numbers (little-endian, as in all browsers).
 *
 * @param {string} text
 * @returns {Float32Array}
 */
function decodeNumbers(text) {
  return new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

/**
 * Make a network from its description, whose arrays are base64.
 *
 * @param {{layers: object[], normalization: object, loss: string}} description
 * @returns {Network}
 */
function readNetwork({ layers, normalization, loss }) {
  const readLayer = (layer) => {
    const arrays = {};
    for (const [name, text] of Object.entries(layer.arrays)) {
      arrays[name] = decodeNumbers(text);
    }
    return { ...layer, arrays };
  };
  return { layers: layers.map(readLayer), normalization, loss };
}

/**
 * outputs[u] = sum over d of inputs[d] * weights[d, u] + biases[u].
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (D)
 * @returns {Float32Array} (U)
 */
function dense(layer, inputs) {
  const { weights, biases } = layer.arrays;
  const sums = Float64Array.from(biases);
  for (let d = 0, row = 0; d < inputs.length; d++, row += sums.length) {
    const input = inputs[d];
    if (input === 0) continue; // as four of five pixels are
    for (let u = 0; u < sums.length; u++) sums[u] += input * weights[row + u];
  }
  return Float32Array.from(sums);
}

/**
 * outputs[f, y, x] = sum over c, i, j of weights[c, i, j, f] * inputs[c, y', x'] + biases[f],
 * where y' = y * stride + i * dilation - padding, and x' likewise; outside the image, inputs are 0.
 *
 * Each weight is applied to the whole image before the next one, as in nn/layers/windows.py.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @returns {Float32Array} (F, H', W')
 */
function conv2d(layer, inputs) {
  const [, height, width] = layer.inputShape;
  const [filters, rows, columns] = layer.outputShape;
  const [strideDown, strideRight] = layer.constants.stride;
  const { weights, biases } = layer.arrays;

  const sums = new Float64Array(filters * rows * columns);
  for (let f = 0; f < filters; f++) {
    sums.fill(biases[f], f * rows * columns, (f + 1) * rows * columns);
  }
  for (const { n, c, f, down, right } of taps(layer)) {
    const [firstRow, endRow] = stopsInside(down, strideDown, height, rows);
    const [firstColumn, endColumn] = stopsInside(right, strideRight, width, columns);
    for (let y = firstRow; y < endRow; y++) {
      const from = (c * height + y * strideDown + down) * width + right;
      const to = (f * rows + y) * columns;
      for (let x = firstColumn; x < endColumn; x++) {
        sums[to + x] += weights[n] * inputs[from + x * strideRight];
      }
    }
  }
  return Float32Array.from(sums);
}

const knownTaps = new WeakMap(); // by layer: listing them takes a sixth of a forward pass

/**
 * Return each weight of a convolution: its place n in the array, its input channel c, its filter f,
 * and how far from the kernel's stop the pixel lies that it is applied to.
 *
 * @param {Layer} layer
 * @returns {{n: number, c: number, f: number, down: number, right: number}[]}
 */
function taps(layer) {
  if (!knownTaps.has(layer)) knownTaps.set(layer, listTaps(layer));
  return knownTaps.get(layer);
}

/** @param {Layer} layer */
function listTaps({ inputShape, outputShape, constants }) {
  const [height, width] = constants.kernel_size;
  const filters = outputShape[0];
  return Array.from({ length: inputShape[0] * height * width * filters }, (_, n) => {
    const position = Math.floor(n / filters);
    const [i, j] = [Math.floor(position / width) % height, position % width];
    return {
      n,
      c: Math.floor(position / (height * width)),
      f: n % filters,
      down: i * constants.dilation[0] - constants.padding[0],
      right: j * constants.dilation[1] - constants.padding[1],
    };
  });
}

/**
 * Return the first stop and the one after the last at which stop * stride + offset lies inside the
 * image, not in its padding.
 *
 * @param {number} offset
 * @param {number} stride
 * @param {number} length The image's side.
 * @param {number} stops The number of stops.
 * @returns {[number, number]}
 */
function stopsInside(offset, stride, length, stops) {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(stops, Math.floor((length - 1 - offset) / stride) + 1);
  return [first, end];
}

/**
 * outputs[c, y, x] = the largest of inputs[c, y * stride + i, x * stride + j] over i and j.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @returns {Float32Array} (C, H', W')
 */
function maxPool(layer, inputs) {
  const [, height, width] = layer.inputShape;
  const [channels, rows, columns] = layer.outputShape;
  const [windowHeight, windowWidth] = layer.constants.size;
  const [down, right] = layer.constants.stride;
  const outputs = new Float32Array(channels * rows * columns);
  let n = 0;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        let largest = -Infinity;
        for (let i = 0; i < windowHeight; i++) {
          const row = (c * height + y * down + i) * width + x * right;
          for (let j = 0; j < windowWidth; j++) largest = Math.max(largest, inputs[row + j]);
        }
        outputs[n++] = largest;
      }
    }
  }
  return outputs;
}

/**
 * outputs[c] = the mean of inputs[c, y, x] over y and x.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @returns {Float32Array} (C)
 */
function globalAveragePool(layer, inputs) {
  const [channels, height, width] = layer.inputShape;
  const sums = new Float64Array(channels);
  inputs.forEach((input, n) => (sums[Math.floor(n / (height * width))] += input));
  return Float32Array.from(sums, (sum) => sum / (height * width));
}

/**
 * outputs = gamma * (inputs - running mean) / sqrt(running variance + epsilon) + beta, for each
 * feature of a row, or each channel of an image.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (D) or (C, H, W)
 * @returns {Float32Array} of the same shape
 */
function batchNorm(layer, inputs) {
  const { gamma, beta, running_mean: mean, running_variance: variance } = layer.arrays;
  const pixels = inputs.length / gamma.length;
  return inputs.map((input, n) => {
    const c = Math.floor(n / pixels);
    const scale = gamma[c] / Math.sqrt(variance[c] + layer.constants.epsilon);
    return scale * (input - mean[c]) + beta[c];
  });
}

/**
 * Layers that change no number: images and flatten change only the shape, and dropout acts only
 * during training.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs
 * @returns {Float32Array}
 */
function unchanged(layer, inputs) {
  return inputs;
}

/** @type {Object<string, function(Layer, Float32Array): Float32Array>} */
const FORWARD_PASSES = {
  images: unchanged,
  flatten: unchanged,
  dropout: unchanged,
  dense,
  conv2d,
  max_pool: maxPool,
  global_average_pool: globalAveragePool,
  batch_norm: batchNorm,
  relu: (layer, inputs) => inputs.map((input) => Math.max(input, 0)),
  sigmoid: (layer, inputs) => inputs.map((input) => (1 + Math.tanh(input / 2)) / 2),
};

/**
 * Return what enters the first layer for one image, and what each layer makes of it.
 *
 * @param {Network} network
 * @param {ArrayLike<number>} pixels 0 to 255, (H * W)
 * @param {number} [layers] How many of the first layers to compute.
 * @returns {Float32Array[]} The inputs, then the outputs of each layer.
 */
function computeOutputs(network, pixels, layers = network.layers.length) {
  const { subtract, divide } = network.normalization;
  const outputs = [Float32Array.from(pixels, (pixel) => Math.fround(pixel - subtract) / divide)];
  return continueOutputs(network, outputs, layers);
}

/**
 * Compute the outputs of the layers that are still missing.
 *
 * @param {Network} network
 * @param {Float32Array[]} outputs The inputs and the outputs of the first layers; extended.
 * @param {number} [layers] How many layers to compute in all.
 * @returns {Float32Array[]} The same array.
 */
function continueOutputs(network, outputs, layers = network.layers.length) {
  for (let n = outputs.length - 1; n < layers; n++) {
    const layer = network.layers[n];
    outputs.push(FORWARD_PASSES[layer.name](layer, outputs[n]));
  }
  return outputs;
}

/**
 * Return the network's logits for one image.
 *
 * @param {Network} network
 * @param {ArrayLike<number>} pixels 0 to 255, (H * W)
 * @returns {Float32Array} (K)
 */
function computeLogits(network, pixels) {
  return computeOutputs(network, pixels).at(-1);
}

/**
 * Return the probability that the network gives to each class.
 *
 * @param {Network} network
 * @param {ArrayLike<number>} pixels 0 to 255, (H * W)
 * @returns {Float64Array} (K)
 */
function computeProbabilities(network, pixels) {
  const logits = computeLogits(network, pixels);
  if (network.loss === "cross_entropy") return softmax(logits);
  return Float64Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit)));
}

/**
 * exp(logits) / sum of exp(logits); subtracting the largest logit first prevents overflow.
 *
 * @param {ArrayLike<number>} logits (K)
 * @returns {Float64Array} (K), of sum 1
 */
function softmax(logits) {
  const largest = Math.max(...logits);
  const exponentials = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, number) => total + number, 0);
  return exponentials.map((number) => number / sum);
}
