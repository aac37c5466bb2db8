"""Testing the hub: on a table without I/O, and as a whole company on loopback with hostile platforms and a proof."""
