"""Other ways to divide a grade, on the same rosters: how balanced they are and how long they take."""
