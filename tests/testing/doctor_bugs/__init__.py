"""Mistakes in hand-derived gradients, written as people write such code.

Apart from what the doctor was designed on. Seen for the first time (documents, matrices,
sequences), 93 of 108 were named as expected, 10 stayed unnamed and 5 got another sentence;
then (others) 38 of 44, with 5 and 1. The other sentences were the same formula in other
words when read by hand, and most of those expectations were widened to take them; one of
each kind was made clearer instead. Two unlikely mistakes of ``others`` were taken out. What
was missed the doctor was taught afterwards, so that today's figures flatter it.
"""
