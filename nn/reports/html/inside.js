"use strict";

/*
 * What happens inside the network while it looks at an image: the outputs of every layer, what a
 * chosen unit does, and the evidence for and against each class.
 */

const LAYER_WORDS = {
  dense: "Each unit adds up its inputs, each times a weight, and a bias.",
  conv2d: "Each map: one small filter, applied at every place.",
  relu: "Negative numbers become 0.",
  sigmoid: "Every number is squeezed between 0 and 1.",
  max_pool: "Only the largest number of each window is kept.",
  global_average_pool: "The mean of each map.",
  batch_norm: "Each unit is normalized, then scaled and shifted.",
  dropout: "Acts only in training: silences units at random.",
  flatten: "All maps in one row.",
  images: "The row of pixels, as an image.",
};
const LAYER_NAMES = {
  dense: "Dense",
  conv2d: "Convolution",
  relu: "ReLU",
  sigmoid: "Sigmoid",
  max_pool: "Max pooling",
  global_average_pool: "Global average pooling",
  batch_norm: "Batch normalization",
  dropout: "Dropout",
  flatten: "Flatten",
  images: "Image",
};
const EVIDENCE_DELAY = 80; // ms without a change, since it costs a backward pass for each class

/** The layers and what they compute for one image. */
class Inside {
  /**
   * @param {Network} network
   * @param {[number, number]} imageShape [H, W]
   * @param {UnitPanel} panel
   */
  constructor(network, imageShape, panel) {
    Object.assign(this, { network, imageShape, panel, pixels: null, outputs: null, timer: 0 });
    this.chosen = { layers: 0, unit: null };
    this.rows = network.layers.map((layer, n) => this.row(layer, n + 1));
    byId("layers").replaceChildren(...this.rows.map(({ item }) => item));
    this.evidence = new EvidencePictures(byId("evidence"), network.layers.at(-1).outputShape[0]);
    onColourScheme(() => this.show(this.pixels));
    this.show(null);
  }

  /**
   * Make the row of one layer, with a sheet if it changes any number.
   *
   * @param {Layer} layer
   * @param {number} layers How many layers there are up to it.
   */
  row(layer, layers) {
    const item = document.createElement("li");
    const title = document.createElement("h4");
    title.textContent = `${layers}. ${LAYER_NAMES[layer.name]} `;
    const numbers = Object.values(layer.arrays).reduce((sum, array) => sum + array.length, 0);
    const sizes = [layer.inputShape, layer.outputShape].map((shape) => shape.join(" × "));
    const size = sizes[0] === sizes[1] ? sizes[0] : sizes.join(" → ");
    const count = numbers ? `, ${numbers.toLocaleString("en")} numbers` : "";
    title.append(span("quiet", size + count));
    const words = document.createElement("p");
    words.textContent = LAYER_WORDS[layer.name];
    item.append(title, words);
    const last = layers === this.network.layers.length;
    if (last) {
      const list = document.createElement("ul");
      list.setAttribute("aria-label", "Logit of each class");
      item.append(list);
      words.textContent += " The class with the largest logit is the answer.";
      return { item, bars: new SignedBars(list, layer.outputShape[0]) };
    }
    if (FORWARD_PASSES[layer.name] === unchanged) return { item };
    const canvas = document.createElement("canvas");
    canvas.className = "sheet";
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Outputs of layer ${layers}; arrow keys choose one`);
    const readout = document.createElement("output");
    item.append(canvas, readout);
    const sheet = new Sheet(canvas, layer.outputShape, {
      onPick: (unit) => this.choose(layers, unit),
      onPoint: (unit) => (readout.textContent = this.describe(layers, unit)),
    });
    return { item, sheet, readout };
  }

  /**
   * @param {number} layers
   * @param {?number} unit null for the whole layer.
   */
  describe(layers, unit) {
    if (!this.outputs) return "";
    const outputs = this.outputs[layers];
    const write = (number) => number.toFixed(2).replace("-", "−");
    if (unit === null) return `${write(Math.min(...outputs))} to ${write(Math.max(...outputs))}`;
    const { outputShape } = this.network.layers[layers - 1];
    const output = write(outputs[strongestPlace(outputs, outputShape, unit)]);
    return outputShape.length === 1
      ? `unit ${unit + 1}: ${output}`
      : `map ${unit + 1}: at most ${output}`;
  }

  /**
   * @param {number} layers
   * @param {number} unit The same one again closes its panel.
   */
  choose(layers, unit) {
    const same = this.chosen.layers === layers && this.chosen.unit === unit;
    this.chosen = same ? { layers: 0, unit: null } : { layers, unit };
    this.rows[layers - 1].item.append(this.panel.element);
    this.show(this.pixels);
    this.panel.showImages(this.chosen.layers, this.chosen.unit);
  }

  /** @param {?ArrayLike<number>} pixels Of an image, 0 to 255, (H * W); null for none. */
  show(pixels) {
    this.pixels = pixels;
    this.outputs = pixels && computeOutputs(this.network, pixels);
    this.rows.forEach(({ sheet, bars, readout }, n) => {
      const unit = this.chosen.layers === n + 1 ? this.chosen.unit : null;
      sheet?.paint(this.outputs && this.outputs[n + 1], unit);
      bars?.show(this.outputs && this.outputs[n + 1]);
      if (readout) readout.textContent = this.describe(n + 1, unit);
    });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.showEvidence(), EVIDENCE_DELAY);
  }

  showEvidence() {
    const { network, outputs, pixels, imageShape, chosen } = this;
    this.evidence.show(network, outputs, pixels, imageShape);
    this.panel.show(outputs, chosen, this.describe(chosen.layers || 1, chosen.unit));
  }
}

/** A picture of the evidence for and against each class. */
class EvidencePictures {
  /**
   * @param {HTMLElement} list
   * @param {number} classes
   */
  constructor(list, classes) {
    this.classes = classes;
    this.items = Array.from({ length: classes > MOST_BARS ? 10 : classes }, () => {
      const item = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      item.append(canvas, span("name", ""), span("for", ""), span("against", ""));
      return item;
    });
    list.replaceChildren(...this.items);
  }

  /**
   * @param {Network} network
   * @param {?Float32Array[]} outputs The inputs and the outputs of all layers; null for none.
   * @param {?ArrayLike<number>} pixels
   * @param {[number, number]} imageShape
   */
  show(network, outputs, pixels, imageShape) {
    const logits = outputs?.at(-1) ?? new Float32Array(this.classes);
    const labels = mostOf(logits, this.items.length);
    const nothing = new Float32Array(imageShape[0] * imageShape[1]);
    const evidence = labels.map((label) =>
      outputs ? evidenceFor(network, outputs, pixels, label) : nothing,
    );
    const strongest = Math.max(...evidence.map(largestSize));
    const best = logits.indexOf(Math.max(...logits));
    this.items.forEach((item, n) => {
      const [canvas, name, pro, contra] = item.children;
      drawSigned(canvas, evidence[n], imageShape, strongest);
      canvas.setAttribute("aria-label", `evidence for and against ${nameOf(labels[n])}`);
      const sum = (wanted) => evidence[n].filter(wanted).reduce((total, one) => total + one, 0);
      name.textContent = nameOf(labels[n]);
      pro.textContent = outputs ? `+${sum((one) => one > 0).toFixed(1)}` : "";
      contra.textContent = outputs ? `−${(-sum((one) => one < 0)).toFixed(1)}` : "";
      item.classList.toggle("best", outputs !== null && labels[n] === best);
    });
  }
}
