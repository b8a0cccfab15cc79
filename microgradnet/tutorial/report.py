"""What ``python -m microgradnet tutorial`` prints: training, gradients, mistakes, predictions.

Everything printed is computed while it is printed. The exit status is 0 if the gradients agree and
every mistake is exposed, 1 if not.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
from collections.abc import Callable, Sequence

from . import by_hand, from_values
from .data import ALL_Y_TRUES, DATA, EMILY, FRANK, GENDERS, NAMES, RAW, SHIFT, samples_of
from .documents import MISTAKES
from .evidence import ALICE, ONES
from .mistakes import Mistake
from .table import DocumentMistake
from .three_ways import ThreeWays, exposed, three_ways

__all__ = ["main"]

_NOT_A_DERIVATIVE = Mistake.PRINT_TUPLE | Mistake.X3_X4_FOR_X1_X2
_THREE_INPUTS = Mistake.DERIV_OF_PREACTIVATION | Mistake.DESCEND_MEAN_ABS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tutorial and print it.

    Parameters
    ----------
    argv : sequence of str, optional
        ``--epochs N``, ``--seed S``, ``--learn-rate R``; what is not given is 1000, 0 and 0.1.

    Returns
    -------
    int
        0 if all is as it should be, 1 if something was not exposed or does not agree.

    Raises
    ------
    SystemExit
        If an option is unknown or its value is out of range, with a message and the status 2.
    """
    options = _parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without ∂ in its alphabet gets a question mark rather than a traceback.
        sys.stdout.reconfigure(errors="replace")
    _data()
    network = _training(options.seed, options.epochs, options.learn_rate)
    agree = _gradients()
    caught = _mistakes()
    _predictions(network)
    return 0 if agree and caught else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="microgradnet tutorial",
        description="Train the documents' network from Values, and catch the documents' mistakes.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--epochs",
        type=_number(int, 1, 10_000_000),
        default=1000,
        help="how many times to go through the four people (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=_number(int, 0, 2**32 - 1),
        default=0,
        help="seed of the first parameters (default: %(default)s)",
    )
    parser.add_argument(
        "--learn-rate",
        type=_number(float, 0, 1000),
        default=0.1,
        help="the documents use 0.1 and 0.5 (default: %(default)s)",
    )
    return parser


def _number(kind: type[int] | type[float], low: int, high: int) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number: float = kind(text)
        if not low <= number <= high:  # also refuses nan
            raise argparse.ArgumentTypeError(f"{text} is not from {low} to {high}")
        return number

    parse.__name__ = "whole number" if kind is int else "number"  # argparse's message names it
    return parse


def _title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _data() -> None:
    _title(f"The data, shifted by {SHIFT[0]} pounds and {SHIFT[1]} inches")
    print(f"{'':8}{'lb':>5}{'in':>5}{'x[0]':>7}{'x[1]':>6}  gender  y_true")
    rows = zip(NAMES, RAW.tolist(), DATA.tolist(), GENDERS, ALL_Y_TRUES.tolist(), strict=True)
    for name, (pounds, inches), (x0, x1), gender, y_true in rows:
        print(f"{name:8}{pounds:5}{inches:5}{x0:7}{x1:6}  {gender:6}  {y_true:6}")


def _training(seed: int, epochs: int, learn_rate: float) -> from_values.OurNeuralNetwork:
    _title(f"Training from Values: {epochs} epochs, learning rate {learn_rate:g}, seed {seed}")
    network = from_values.OurNeuralNetwork(seed)
    samples = samples_of()
    first = network.loss(samples)
    if sys.stdout.isatty():

        def bar(epoch: int) -> None:
            if epoch % 10 == 0 or epoch == epochs - 1:
                done = math.floor(30 * (epoch + 1) / epochs)
                line = by_hand.epoch_line(epoch, network.loss(samples))
                print(f"\r[{'#' * done}{'.' * (30 - done)}] {line}", end="", flush=True)

        network.train(DATA, ALL_Y_TRUES, learn_rate, epochs, report=None, after_epoch=bar)
        print()
    else:
        network.train(DATA, ALL_Y_TRUES, learn_rate, epochs)
    print(f"The loss went from {first:.3f} to {network.loss(samples):.5f}.")
    return network


def _gradients() -> bool:
    _title("One gradient three ways: Alice alone, weights 1, biases 0")
    rows = three_ways(ONES, *ALICE)
    print(f"{'':7}{'derived by hand':>22}{'autodiff':>22}{'finite differences':>22}")
    for row in rows:
        print(f"dL/d{row.name:3}" + "".join(f"{value:22.16f}" for value in row[1:]))
    hand = max(abs(row.by_hand - row.autodiff) for row in rows)
    finite = max(abs(row.finite_differences - row.autodiff) for row in rows)
    print(f"Largest distance from autodiff: by hand {hand:.0e}, finite differences {finite:.0e}.")
    return not exposed(rows) and _finite_agree(rows)


def _finite_agree(rows: list[ThreeWays]) -> bool:
    # The step of 1e-5 errs by about 1e-10 for the curve and 1e-11 for rounding.
    return all(abs(row.finite_differences - row.autodiff) < 1e-8 for row in rows)


def _mistakes() -> bool:
    _title("The documents' mistakes, caught")
    print("For each: what the document says, and a figure as that has it (written) and as it is.\n")
    caught = True
    for mistake in MISTAKES:
        if mistake.evidence is None:
            continue
        what, written, right = mistake.evidence()
        print(f"{', '.join(mistake.documents)}: {mistake.says}  [{mistake.key}]")
        print(f"    {what}: written {_figure(written)}, right {_figure(right)}")
        caught = caught and written != right and _exposed_in_gradient(mistake)
    print("In words only:")
    for mistake in MISTAKES:
        if mistake.evidence is None:
            print(f"{', '.join(mistake.documents)}: {mistake.says}  [{mistake.key}]")
    return caught


def _exposed_in_gradient(mistake: DocumentMistake) -> bool:
    if mistake.variant is None or mistake.variant in _NOT_A_DERIVATIVE | _THREE_INPUTS:
        return True
    rows = three_ways(ONES, *ALICE, mistake.variant)
    names = exposed(rows)
    for name, hand, auto, finite in rows:
        if name in names[:1]:
            print(f"    d_L_d_{name}: by hand {hand:.8f}, autodiff {auto:.8f}, finite {finite:.8f}")
    print(f"    wrong by hand: {' '.join(names)}")
    return bool(names) and _finite_agree(rows)


def _figure(value: object) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _predictions(network: from_values.OurNeuralNetwork) -> None:
    _title("Predictions")
    for name, x, pounds, inches in (("Emily", EMILY, 128, 63), ("Frank", FRANK, 155, 68)):
        y = float(network.predict(x.tolist()))
        verdict = "female" if y > 0.5 else "male"
        print(f"{name}, {pounds} pounds, {inches} inches: {y:.3f}, {verdict}")
