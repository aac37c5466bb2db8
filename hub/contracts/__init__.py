"""What plugins implement: hooks that register, classes that behave, errors named by what the hub does next."""
