"""Printed documents of a session: HTML with print styles, PDF as an extra (docs/documents.md).

Each is a view of the record or, where names must appear, of the private store; none is a second truth.

```
kinds.py    which documents there are          source.py   what the ledger says, gathered once
public.py   views for everybody, by way of the export whitelist
bureau.py   views with names or for signing    people.py   who was drawn where, from the private store
pages.py    templates to HTML                  pdf.py      HTML to PDF, byte for byte
writing.py  all of it into a folder
```
"""
