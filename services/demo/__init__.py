"""The demo bank: one seeded year of a small bank, played through the front door and scored."""
