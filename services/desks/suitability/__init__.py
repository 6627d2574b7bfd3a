"""The suitability desk: questionnaires, profiles, checks, warnings and overrides."""
