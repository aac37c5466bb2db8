"""Time as a company counts it: business hours, holidays, spans of working time. Pure."""
