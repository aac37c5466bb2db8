"""What a person wants, as one object over all channels: its context, priority, clock, owner and next step. Pure."""
