"""Tests of the store that are about no other part."""
