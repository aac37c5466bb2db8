"""The engines behind the store: one interface (`database`), SQLite, PostgreSQL, and the schema in the words of both."""
