"""The documents' networks: derived by hand, rebuilt from Values, and compared.

``by_hand`` and ``three_inputs`` hold the documents' code with every derivative written out;
``from_values`` the same networks with ``loss.backward()``; ``documents`` the table of what the
documents get wrong; ``report`` is ``python -m microgradnet tutorial``.
"""
