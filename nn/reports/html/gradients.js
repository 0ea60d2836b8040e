"use strict";

/*
 * What each pixel does to the output of a unit: the backward pass of every layer, from its outputs
 * to its inputs, as it is outside training. The chain rule joins them, as in nn/layers.
 */

/**
 * d_inputs[d] = sum over u of weights[d, u] * d_outputs[u].
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (D)
 * @param {Float32Array} outputs (U)
 * @param {ArrayLike<number>} dOutputs (U)
 * @returns {Float32Array} (D)
 */
function denseBackward(layer, inputs, outputs, dOutputs) {
  const { weights } = layer.arrays;
  return inputs.map((_, d) => {
    let sum = 0;
    const row = d * outputs.length;
    for (let u = 0; u < outputs.length; u++) sum += weights[row + u] * dOutputs[u];
    return sum;
  });
}

/**
 * Each input gets back what it gave: weight times the gradient, wherever the kernel touched it.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @param {Float32Array} outputs (F, H', W')
 * @param {ArrayLike<number>} dOutputs (F, H', W')
 * @returns {Float32Array} (C, H, W)
 */
function conv2dBackward(layer, inputs, outputs, dOutputs) {
  const [, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  const [strideDown, strideRight] = layer.constants.stride;
  const { weights } = layer.arrays;
  const sums = new Float64Array(inputs.length);
  for (const { n, c, f, down, right } of taps(layer)) {
    const [firstRow, endRow] = stopsInside(down, strideDown, height, rows);
    const [firstColumn, endColumn] = stopsInside(right, strideRight, width, columns);
    for (let y = firstRow; y < endRow; y++) {
      const to = (c * height + y * strideDown + down) * width + right;
      const from = (f * rows + y) * columns;
      for (let x = firstColumn; x < endColumn; x++) {
        sums[to + x * strideRight] += weights[n] * dOutputs[from + x];
      }
    }
  }
  return Float32Array.from(sums);
}

/**
 * The largest input of each window, the first of equal ones, gets the whole gradient.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @param {Float32Array} outputs (C, H', W')
 * @param {ArrayLike<number>} dOutputs (C, H', W')
 * @returns {Float32Array} (C, H, W)
 */
function maxPoolBackward(layer, inputs, outputs, dOutputs) {
  const [, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  const [windowHeight, windowWidth] = layer.constants.size;
  const [down, right] = layer.constants.stride;
  const dInputs = new Float32Array(inputs.length);
  outputs.forEach((largest, n) => {
    const [c, y] = [Math.floor(n / (rows * columns)), Math.floor(n / columns) % rows];
    const x = n % columns;
    for (let i = 0; i < windowHeight * windowWidth; i++) {
      const row = c * height + y * down + Math.floor(i / windowWidth);
      const place = row * width + x * right + (i % windowWidth);
      if (inputs[place] === largest) {
        dInputs[place] += dOutputs[n];
        return;
      }
    }
  });
  return dInputs;
}

/**
 * Every pixel of a channel gets the same share of its gradient.
 *
 * @param {Layer} layer
 * @param {Float32Array} inputs (C, H, W)
 * @param {Float32Array} outputs (C)
 * @param {ArrayLike<number>} dOutputs (C)
 * @returns {Float32Array} (C, H, W)
 */
function globalAveragePoolBackward(layer, inputs, outputs, dOutputs) {
  const pixels = inputs.length / outputs.length;
  return inputs.map((_, n) => dOutputs[Math.floor(n / pixels)] / pixels);
}

/**
 * @param {Layer} layer
 * @param {Float32Array} inputs (D) or (C, H, W)
 * @param {Float32Array} outputs of the same shape
 * @param {ArrayLike<number>} dOutputs of the same shape
 * @returns {Float32Array} of the same shape
 */
function batchNormBackward(layer, inputs, outputs, dOutputs) {
  const { gamma, running_variance: variance } = layer.arrays;
  const pixels = inputs.length / gamma.length;
  return inputs.map((_, n) => {
    const c = Math.floor(n / pixels);
    return (dOutputs[n] * gamma[c]) / Math.sqrt(variance[c] + layer.constants.epsilon);
  });
}

const unchangedBackward = (layer, inputs, outputs, dOutputs) => Float32Array.from(dOutputs);

/**
 * @type {Object<string,
 *     function(Layer, Float32Array, Float32Array, ArrayLike<number>): Float32Array>}
 */
const BACKWARD_PASSES = {
  images: unchangedBackward,
  flatten: unchangedBackward,
  dropout: unchangedBackward,
  dense: denseBackward,
  conv2d: conv2dBackward,
  max_pool: maxPoolBackward,
  global_average_pool: globalAveragePoolBackward,
  batch_norm: batchNormBackward,
  relu: (layer, inputs, outputs, dOutputs) => inputs.map((x, n) => (x > 0 ? dOutputs[n] : 0)),
  sigmoid: (layer, inputs, outputs, dOutputs) =>
    outputs.map((y, n) => y * (1 - y) * dOutputs[n]),
};

/**
 * Return how fast one number that the network computes rises with each pixel.
 *
 * @param {Network} network
 * @param {Float32Array[]} outputs The inputs and the outputs of at least `layers` layers.
 * @param {number} layers The number is an output of the last of so many layers.
 * @param {number} place Where it stands among these outputs.
 * @returns {Float32Array} (H * W), for a pixel of 0 to 255.
 */
function pixelGradient(network, outputs, layers, place) {
  let gradient = new Float32Array(outputs[layers].length);
  gradient[place] = 1;
  for (let n = layers - 1; n >= 0; n--) {
    const layer = network.layers[n];
    gradient = BACKWARD_PASSES[layer.name](layer, outputs[n], outputs[n + 1], gradient);
  }
  return gradient.map((number) => number / network.normalization.divide);
}

/**
 * Return the evidence of each pixel for a class: its ink times the gradient of the class's logit.
 * Negative numbers are evidence against it.
 *
 * @param {Network} network
 * @param {Float32Array[]} outputs The inputs and the outputs of all layers.
 * @param {ArrayLike<number>} pixels 0 to 255, (H * W)
 * @param {number} label
 * @returns {Float32Array} (H * W)
 */
function evidenceFor(network, outputs, pixels, label) {
  const gradient = pixelGradient(network, outputs, network.layers.length, label);
  return gradient.map((number, n) => number * pixels[n]);
}

/**
 * Return what a unit adds to the logit of each class: the logits minus those without the unit.
 *
 * @param {Network} network
 * @param {Float32Array[]} outputs The inputs and the outputs of all layers.
 * @param {number} layers The unit belongs to the last of so many layers.
 * @param {number} unit Its number, from 0; of a feature map if the outputs are images.
 * @returns {Float32Array} (K)
 */
function contributionOf(network, outputs, layers, unit) {
  const without = outputs[layers].slice();
  const { start, end } = placesOf(network.layers[layers - 1].outputShape, unit);
  without.fill(0, start, end);
  const logits = continueOutputs(network, [...outputs.slice(0, layers), without]).at(-1);
  return outputs.at(-1).map((logit, label) => logit - logits[label]);
}

/**
 * Return the place of a unit's largest output: its only one, or the strongest of its feature map.
 *
 * @param {Float32Array} outputs Of the unit's layer.
 * @param {number[]} shape Of these outputs: [D] or [C, H, W].
 * @param {number} unit
 */
function strongestPlace(outputs, shape, unit) {
  const { start, end } = placesOf(shape, unit);
  let best = start;
  for (let n = start; n < end; n++) if (outputs[n] > outputs[best]) best = n;
  return best;
}

/**
 * @param {number[]} shape Of a layer's outputs: [D] or [C, H, W].
 * @param {number} unit
 * @returns {{start: number, end: number}} Where the unit's outputs stand.
 */
function placesOf(shape, unit) {
  const each = shape.slice(1).reduce((product, side) => product * side, 1);
  return { start: unit * each, end: (unit + 1) * each };
}
