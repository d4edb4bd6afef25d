"""Torch Hub behind the wall: a repository comes as the bytes of a .zip, and its Python files are run from memory as typed code is."""
