"""Tabular heads: molecular markers, grade and survival from shape, scale-free T1c statistics, location and age."""
