"""Desks: where decisions are taken under rules, and relayed to the journal."""
