"""Pure functions over a captured graph: fold, search, lay out."""
