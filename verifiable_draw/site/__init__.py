"""The public site: a folder of files that any server hands out, or a disc holds; a view of ledger and records (S7).

`families` makes what a slip opens (spec/record.md R13-R15), `pages` what people read, `charts` the pictures in them;
`building` decides what is new, has every record verified first, and writes.
"""
