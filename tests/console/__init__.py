"""Tests of the console: pages by HTTP, screens in a real browser on a played bank."""
