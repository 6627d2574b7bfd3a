"""The published schemas: what you send, what is stored, and the AsyncAPI document. Generated, read by others.

Written by `python -m events.schema_files`; nothing in Daybook reads them at run time.
"""
