"""The complaint desk: what may be decided about a complaint, by whom and when."""
