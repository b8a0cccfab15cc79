"""Document 003's loss plot, and the line below which its error cannot go.

Three weights, one sigmoid, no bias: so the training row [0, 0, 0], whose answer is 0, gets 0.5
for ever, and the mean error of six rows stays above 0.5 / 6. The document's curve "steadies" at
about 5,000 epochs because it has all but reached that line, which the plot adds to it.

Give a path for the picture, or find it in the folder for temporary files:
``python demos/06_three_inputs_loss_plot.py loss.png``
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from microgradnet.tutorial.data import INPUTS, NEW_EXAMPLES, OUTPUTS
from microgradnet.tutorial.from_values import NeuralNetwork

network = NeuralNetwork(INPUTS, OUTPUTS)
network.train()
one, two = network.predict(NEW_EXAMPLES).ravel()
print(f"[1, 1, 0] -> {one:.8f}, [0, 1, 1] -> {two:.6f}")
assert (round(one, 8), round(two, 6)) == (0.99089925, 0.006409)

floor = 0.5 / 6
assert min(network.error_history) > floor

figure = Figure(figsize=(15, 5), layout="constrained")  # needs no display
axes = figure.subplots()
axes.plot(network.epoch_list, network.error_history, label="mean |error|")
axes.axhline(floor, color="tab:red", linestyle="--", label="0.5 / 6: the row of zeros")
axes.set(xlabel="Epoch", ylabel="Mean |error|", ylim=(0, None), xlim=(0, len(network.epoch_list)))
axes.set_title("Document 003: what is plotted as the loss, and what a missing bias costs")
axes.legend()

default = Path(tempfile.gettempdir()) / "three_inputs_loss.png"
path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
figure.savefig(path, dpi=80)
print(f"The plot is in {path}.")
assert np.argmax(network.error_history) == 0 and path.stat().st_size > 10_000
