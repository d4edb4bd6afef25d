"""What the pages decide without drawing: their state as records, how a run becomes rows and remarks. No Streamlit, so plain tests reach it."""
