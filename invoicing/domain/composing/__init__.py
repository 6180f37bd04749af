"""From worked hours to the lines of a draft.

`options` says what the accountant chose, `rounding` and `texts` are the rules of time and wording,
`planning` turns entries into lines without the database, `writing` stores them, and `selections`
keeps what was previewed, so that nothing shifts underfoot.
"""
