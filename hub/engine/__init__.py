"""The running hub: what moves events from the wire into the store and commands out of it."""
