"""One file a view; services/console/app.py lists them."""
