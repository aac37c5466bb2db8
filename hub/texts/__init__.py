"""Reply texts: what the hub says, in the reader's language, compiled and checked when they are loaded. Pure."""
