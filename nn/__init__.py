"""Neural networks from scratch on NumPy: every part of the trainer lives in this package.

The way of the data is one line, and each step of it is a room of its own::

    settings -> datasets -> network (layers, losses) -> training -> runs -> reports, console

Shape legend, used in every docstring:

==  =======================================================
N   examples in a batch (or in a whole data set)
C   channels of an image
H   height of an image in pixels
W   width of an image in pixels
D   features an example has on entering a layer (fan-in)
U   units of a dense layer (its features on leaving)
K   classes
==  =======================================================
"""
