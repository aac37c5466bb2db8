"""The nouns of the hub: frozen values, standard library only, no behaviour beyond naming."""
