"""The child's side of the process wall: the only place where typed code runs."""
