"""What a person's words mean to the rules: one form for comparing, keywords, topics, moods, consent. Pure."""
