"""Plotly figures as plain dicts."""

from explorer.charts.gradients import gradient_norms

__all__ = ["gradient_norms"]
