"""What the key `?` shows at a question: plain words, a recommendation, an example.

The declaration describes each setting in one line, which is enough for most people. Accuracies are
those of the default settings on MNIST's validation images.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """The explanation of a question.

    Attributes:
        meaning: Two sentences in plain words.
        recommended: What to choose, and when to choose otherwise.
        example: What a choice does.
        formula: The formula behind it, if there is one.
    """

    meaning: str
    recommended: str
    example: str
    formula: str = ""

    def __str__(self) -> str:
        parts = (
            ("", self.meaning),
            ("Recommended: ", self.recommended),
            ("Example: ", self.example),
            ("Formula: ", self.formula),
        )
        return "\n".join(f"{heading}{text}" for heading, text in parts if text)


EXPLANATIONS = {
    "hidden_layers": Explanation(
        "Units in a hidden layer look for patterns in the image, such as a stroke or a loop, and "
        "the ten outputs combine what they find. A second layer finds patterns of patterns, but "
        "each epoch takes longer.",
        "1. Take 0 to see how far single pixels lead, 2 for a little more accuracy.",
        "after 10 epochs, 0 layers read 92% of the digits, 1 layer 97%.",
        "each layer computes activation(inputs x weights + biases).",
    ),
    "normalization": Explanation(
        "Pixels arrive as numbers from 0 (background) to 255 (ink), which is too large for the "
        "first steps of a training. Scaling makes them small.",
        "simple. Take normal for images that are all dim, or all bright.",
        "with simple, a pixel of 51 enters the network as 0.2.",
        "simple: pixel / 255. normal: (pixel - mean) / standard deviation, over all training "
        "images.",
    ),
    "initialization": Explanation(
        "Training begins with random weights, since units that start alike would stay alike. If "
        "they are too small or too large, signals fade or explode on their way through the layers.",
        "xavier. Type he for deep networks of ReLU units.",
        "a unit with 784 inputs starts with weights of about 0.01 under gauss, and of about 0.036 "
        "under xavier.",
        "gauss: 0.01 N(0, 1). xavier: N(0, 1) / sqrt(fan-in). he: N(0, 1) sqrt(2 / fan-in). "
        "N(0, 1) is a normally distributed random number, fan-in the number of inputs.",
    ),
    "activation": Explanation(
        "The activation bends what a unit computes. Without it, several layers could do no more "
        "than one.",
        "relu. Take sigmoid to see how networks were built for decades.",
        "relu turns -2 into 0 and leaves 3 as it is; sigmoid turns them into 0.12 and 0.95.",
        "relu: max(0, x). sigmoid: 1 / (1 + exp(-x)).",
    ),
    "l1": Explanation(
        "The penalty pulls every weight towards zero, so that only useful ones stay large. This "
        "makes it harder for a network to learn its images by heart.",
        "no. Take yes if the training accuracy is far above the validation accuracy.",
        "after 10 epochs, 14% of the first layer's weights are within 0.001 of zero; without the "
        "penalty, 2% are.",
        "loss + l1_strength x sum of |weight|; l1_strength is 1e-5 unless --l1-strength says "
        "otherwise.",
    ),
    "learning_rate_decay": Explanation(
        "Large steps learn quickly at first, and small steps settle closer to the best weights at "
        "the end. With decay, each epoch takes smaller steps than the one before.",
        "no for up to 20 epochs. Take yes if the curves of a longer training jump up and down.",
        "after 10 epochs, the learning rate has fallen from 0.001 to 0.00082.",
        "learning rate x 0.98 after each epoch (--decay and --decay-rate choose others).",
    ),
    "optimizer": Explanation(
        "The gradient says in which direction each weight should change, and the optimizer decides "
        "how far. Momentum remembers earlier gradients, as a rolling ball keeps its direction.",
        "momentum. Take sgd to see the plain method, and type adam if you do not know a good "
        "learning rate.",
        "after 1 epoch, momentum reads 93% of the digits, sgd 88%.",
        "sgd: weights - learning rate x gradient. momentum: velocity = 0.9 velocity + gradient; "
        "weights - learning rate x velocity.",
    ),
    "epochs": Explanation(
        "One epoch shows every training image to the network once. More epochs take more time, and "
        "at some point the network begins to learn its images by heart (overfitting).",
        "10. Take 1 for a first look, 20 to 40 for a little more accuracy.",
        "the default network reads 93% of the digits after 1 epoch, 97% after 10.",
    ),
}  # fmt: skip
"""By the setting's name: one for each question of train.py."""
