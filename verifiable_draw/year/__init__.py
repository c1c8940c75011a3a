"""The year around the draw: filings, late students, amendments, registration, complaints (spec/year.md)."""
