"""Mappings: declarative files that turn a channel's extract into events, and the engine that applies them.

`engine.load_mapping` is the way in; `services/door/importing.py` feeds the result to the door. Nothing here
writes to the journal. The language is documented in README.md beside this file.
"""
