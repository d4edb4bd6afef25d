"""A run written as text, DOT, SVG or one HTML file."""
