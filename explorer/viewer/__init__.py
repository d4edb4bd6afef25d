"""The interactive drawing: one JavaScript viewer and what feeds it."""
