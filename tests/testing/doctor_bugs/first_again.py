"""Stranger mistakes on the networks of the "first" corpora, once those were mended."""

from __future__ import annotations

from dataclasses import replace

from . import first_batches, first_cells, first_scalars, first_windows
from .network import Network


def again(of: Network) -> Network:
    return replace(of, name=f"{of.name}, again", bugs=[])


D, A, T, E = (again(getattr(first_scalars, n)) for n in "DATE")
M, C, Q = (again(getattr(first_batches, n)) for n in "MCQ")
K, P, B = (again(getattr(first_windows, n)) for n in "SPB")
R, L, Y = (again(getattr(first_cells, n)) for n in "SLE")
NETWORKS = [D, A, T, E, M, C, Q, K, P, B, R, L, Y]

D.bug(
    "slope of the label", "(y - o) * o * (1 - o)", "(y - o) * y * (1 - y)", says=r"`y` where .*`o`"
)
D.bug(
    "weight times its input",
    "delta_o * h1, delta_o * h2\n",
    "delta_o * h1 * w5, delta_o * h2 * w6\n",
    says=r"(?=.*w5)(?=.*w6)",
)
D.bug(
    "delta_1 added to delta_2",
    "delta_o * w6 * h2 * (1 - h2)",
    "delta_1 + delta_o * w6 * h2 * (1 - h2)",
    says=r"s2.*(s1|b1)",
)
D.bug(
    "bias multiplied",
    "s1 = w1 * x1 + w2 * x2 + b1",
    "s1 = w1 * x1 + w2 * x2 * b1",
    says=r"`w1\*x1 \+ w2\*x2\*b1`",
)
D.bug(
    "pair: crossed weights, sigmoid twice",
    "delta_o * w5 * h1 * (1 - h1)",
    "delta_o * w6 * h1 * (1 - h1)",
    "delta_o * w6 * h2 * (1 - h2)",
    "delta_o * w6 * sig(h2) * (1 - sig(h2))",
    says=r"(?=.*w6)(?=.*h2)",
    double=True,
)
A.bug(
    "b1 for both forward", 'P["w4"] * b + P["b2"]', 'P["w4"] * b + P["b1"]', says=r"b1.*b2|b2.*b1"
)
A.bug("same sample every time", "a, b = data[k]", "a, b = data[0]", says=r"data\[0|out#1")
T.bug(
    "slope of the error",
    "self.sigmoid(self.hidden, deriv=True)",
    "self.sigmoid(self.error, deriv=True)",
    says=r"outputs - hidden|error",
)
T.bug(
    "thresholded",
    "self.outputs - self.hidden",
    "self.outputs - (self.hidden > 0.5)",
    says=r"step|> 0\.5|round",
)
T.bug(
    "times the weights",
    "self.weights += np.dot",
    "self.weights += self.weights * np.dot",
    says=r"extra factor `weights`",
)
E.bug(
    "division forgotten", "dp = -y / p + (1 - y) / (1 - p)", "dp = -y + (1 - y)", says=r"log\(p\)"
)
E.bug(
    "bias added to the weights", "    return dw, db", "    return dw + db, db", says=r"∂L/∂w.*∂L/∂b"
)
M.bug(
    "W2 after its step",
    "dA1 = dYhat @ W2.T",
    "W2 = W2 - 0.1 * dW2\n    dA1 = dYhat @ W2.T",
    says=r"W2.*(updat|after|already)",
)
M.bug(
    "absolute error's slope",
    "2 * (Yhat - Y) / (n * d)",
    "np.sign(Yhat - Y) / (n * d)",
    says=r"sign|abs",
)
M.bug(
    "pair: output slope, b1 of dA1",
    "/ (n * d)",
    "/ (n * d) * (1 - Yhat ** 2)",
    "db1 = dZ1",
    "db1 = dA1",
    says=r"(?=.*Yhat)(?=.*b1)",
    double=True,
)
C.bug(
    "smoothed labels",
    "delta2 = q - t",
    "delta2 = q - (0.9 * t + 0.1 / 3)",
    says=r"`0\.9\*T \+ 1/30`",
)
C.bug("temperature", "q = softmax(s)", "q = softmax(s / 2)", says=r"`S/2`")
C.bug("sigmoid for softmax", "q = softmax(s)", "q = sig(s)", says=r"sigmoid")
C.bug(
    "label of the largest",
    "delta2 = q - t",
    "delta2 = q - (s == s.max())",
    says=r"max",
)
Q.bug(
    "pair: gU transposed, V untransposed",
    '"ni,nj->ij"',
    '"ni,nj->ji"',
    '"nk,jk->nj", do, V',
    '"nk,kj->nj", do, V',
    says=r"(?=.*theta\[0\]` is transposed)(?=.*theta\[1\]\.T)",
    double=True,
)
K.bug("dy of the tap", "dk[j] += dy[i] *", "dk[j] += dy[j] *", says=r"∂L/∂k.*(outs|k@x)")
K.bug("bias from dk", "db += dy[i]", "db += dk.sum()", says=r"∂L/∂b.*∂L/∂k")
K.bug(
    "pair: stride one forward, bias last",
    "k[j] * x[i * stride + j]\n        y",
    "k[j] * x[i + j]\n        y",
    "        db += dy[i]\n",
    "    db += dy[i]\n",
    says=r"(?=.*x\[)(?=.*b`?: only)",
    double=True,
)
P.bug(
    "da reversed",
    'np.convolve(dv, k2, "full")',
    'np.convolve(dv, k2, "full")[::-1]',
    says=r"∂L/∂a.*revers",
)
P.bug("leaky forward", "a = u * (u > 0)", "a = np.where(u > 0, u, 0.01 * u)", says=r"leaky")
P.bug(
    "pair: dk2 reversed, mask left out",
    'np.correlate(a, dv, "valid")',
    'np.correlate(a, dv, "valid")[::-1]',
    "du = da * (u > 0)",
    "du = da",
    says=r"(?=.*k2)(?=.*factor)",
    double=True,
)
B.bug(
    "T transposed",
    "O - T, 0.0)",
    "O - T.T, 0.0)",
    says=r"T\[1, 0\].*T\[0, 1\]",
)
R.bug("leaked x", "dw += dz * xs[t - 1]", "dw += dz * x", says=r"w.*xs\[3")
R.bug("u squared", "dh = dz * u", "dh = dz * u ** 2", says=r"extra factor `u`")
R.bug("old dh kept", "dh = dz * u", "dh = dz * u + dh", says=r"round before")
L.bug("list wraps at -1", "d_raw @ h[t - 1].T", "d_raw @ h[(t - 1) % 4].T", says=r"Whh.*h#4")
L.bug(
    "clipped at every step",
    "d_h = Whh.T @ d_raw",
    "d_h = np.clip(Whh.T @ d_raw, -1, 1)",
    says=r"clip|cut",
)
L.bug(
    "pair: list wraps, by doubled",
    "d_raw @ h[t - 1].T",
    "d_raw @ h[(t - 1) % 4].T",
    'g["by"] = d_out',
    'g["by"] = 2 * d_out',
    says=r"(?=.*Whh)(?=.*by)",
    double=True,
)
Y.bug("slope not in carry", "carry = dA[t] @ Wh.T", "carry = dh @ Wh.T", says=r"h#|factor")
Y.bug("dA of h0", "dV, dc, carry", "dV, dc, dA[0]", says=r"h0.*`Wh`")
