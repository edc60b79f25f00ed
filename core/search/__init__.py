"""Full-text search behind one small interface, on SQLite's FTS5 and on PostgreSQL's tsvector."""
